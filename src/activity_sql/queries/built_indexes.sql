-- The indexes on directus_activity that we built, by yoyo's list of what is applied.
SELECT migration_id, split_part(migration_id, '.', 2) AS name
FROM activity_sql._yoyo_migration
WHERE migration_id LIKE 'index.%'
ORDER BY migration_id;
