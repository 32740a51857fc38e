-- v_activity_performance_stats with a verdict, in the names that were published.
--
-- Locks: none. Cost: a few catalog lookups.
CREATE VIEW {{ directus }}.v_activity_index_stats AS
SELECT
    stats.indexname,
    stats.idx_scan AS scans,
    CASE
        WHEN stats.idx_scan >= 1000 THEN 'HIGH_USAGE'
        WHEN stats.idx_scan >= 100 THEN 'MEDIUM_USAGE'
        WHEN stats.idx_scan >= 1 THEN 'LOW_USAGE'
        ELSE 'UNUSED'
    END AS usage_level,
    stats.idx_tup_read AS tuples_read,
    stats.idx_tup_fetch AS tuples_fetched,
    stats.index_size
FROM {{ directus }}.v_activity_performance_stats AS stats
ORDER BY stats.idx_scan DESC, stats.indexname COLLATE "C";

COMMENT ON VIEW {{ directus }}.v_activity_index_stats IS
    'Per index of directus_activity, most used first, since the server''s statistics were last '
    'reset. usage_level: HIGH_USAGE from 1,000 scans, MEDIUM_USAGE from 100, LOW_USAGE from 1, '
    'else UNUSED; tuples_read index entries, tuples_fetched live rows; index_size in bytes. A '
    'primary key has its use without a single scan.';
