-- How far the physical order of directus_activity follows time; no row before the first ANALYZE.
SELECT stat.correlation
FROM pg_stats AS stat
WHERE stat.schemaname = %(schema)s
    AND stat.tablename = 'directus_activity'
    AND stat.attname = 'timestamp'
    AND stat.correlation IS NOT NULL;
