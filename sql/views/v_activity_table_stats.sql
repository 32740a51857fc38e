-- What the server and we know about directus_activity as a table, through a function:
-- the view depends on nothing of Directus's.
--
-- Locks: ACCESS SHARE on directus_activity. Cost: grows with the rows above the
-- watermark.
CREATE VIEW {{ directus }}.v_activity_table_stats AS
SELECT
    stats.live_rows,
    stats.dead_rows,
    stats.table_bytes,
    stats.index_bytes,
    stats.last_vacuum,
    stats.last_analyze,
    stats.timestamp_correlation,
    stats.rollup_lag_rows,
    stats.oldest_row
FROM activity_sql.activity_table_stats() AS stats;

COMMENT ON VIEW {{ directus }}.v_activity_table_stats IS
    'One row about directus_activity. live_rows, dead_rows: the server''s estimates; table_bytes '
    'with TOAST, without the indexes; index_bytes; last_vacuum, last_analyze: by hand or '
    'automatic, the later; timestamp_correlation: -1 to 1, near 1 where rows lie in the order of '
    'time (NULL before the first ANALYZE); rollup_lag_rows: rows that answers read from the table '
    'since no fold has seen them yet; oldest_row: its "timestamp".';
