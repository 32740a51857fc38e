-- v_activity_slow_queries under the other name that was published.
--
-- Locks: none. Cost: that view's.
CREATE VIEW {{ directus }}.v_slow_activity_queries AS
SELECT
    slow.query,
    slow.calls,
    slow.total_exec_time,
    slow.mean_exec_time,
    slow.max_exec_time
FROM {{ directus }}.v_activity_slow_queries AS slow
ORDER BY slow.mean_exec_time DESC, slow.query COLLATE "C";

COMMENT ON VIEW {{ directus }}.v_slow_activity_queries IS
    'The same as v_activity_slow_queries.';
