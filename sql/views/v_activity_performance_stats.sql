-- How much the indexes of directus_activity are used.
--
-- The table is looked up by name at each call: the view depends on nothing of
-- Directus's.
--
-- Locks: none. Cost: a few catalog lookups.
CREATE VIEW {{ directus }}.v_activity_performance_stats AS
SELECT
    stats.schemaname::text AS schemaname,
    stats.relname::text AS tablename,
    stats.indexrelname::text AS indexname,
    stats.idx_scan,
    stats.idx_tup_read,
    stats.idx_tup_fetch,
    pg_relation_size(stats.indexrelid) AS index_size
FROM pg_catalog.pg_stat_user_indexes AS stats
WHERE stats.relid = to_regclass({{ (directus ~ ".directus_activity") | literal }})
ORDER BY stats.idx_scan DESC, stats.indexrelname;

COMMENT ON VIEW {{ directus }}.v_activity_performance_stats IS
    'Per index of directus_activity, most used first, since the server''s statistics were last '
    'reset: idx_scan scans, idx_tup_read index entries read, idx_tup_fetch live rows fetched; '
    'index_size in bytes.';
