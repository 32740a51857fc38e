-- Slow statements on directus_activity.
--
-- Through a function: the extension that knows them may be absent or anywhere.
--
-- Locks: none. Cost: reads the statements that pg_stat_statements keeps.
CREATE VIEW {{ directus }}.v_activity_slow_queries AS
SELECT
    slow.query,
    slow.calls,
    slow.total_exec_time,
    slow.mean_exec_time,
    slow.max_exec_time
FROM activity_sql.slow_activity_queries() AS slow
ORDER BY slow.mean_exec_time DESC, slow.query COLLATE "C";

COMMENT ON VIEW {{ directus }}.v_activity_slow_queries IS
    'Statements of this database that mention directus_activity and took 100 ms or more on '
    'average, slowest first; times in milliseconds. From the extension pg_stat_statements: empty '
    'where that is absent or not in shared_preload_libraries; without pg_read_all_stats only the '
    'role''s own statements.';
