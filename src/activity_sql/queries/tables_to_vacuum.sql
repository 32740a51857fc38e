-- directus_activity and our tables, where enough has changed since the last VACUUM and ANALYZE.
SELECT format('%%I.%%I', stat.schemaname, stat.relname) AS name, stat.n_dead_tup AS dead_rows
FROM pg_stat_user_tables AS stat
JOIN pg_class AS relation ON relation.oid = stat.relid AND relation.relkind = 'r'
WHERE (
    (stat.schemaname = %(schema)s AND stat.relname = 'directus_activity')
    OR stat.schemaname = 'activity_sql'
)
AND (stat.n_dead_tup >= 1000 OR stat.n_mod_since_analyze >= 1000)
ORDER BY 1;
