/*
what = "The rows of directus_activity lie about in the order of their time."
why = "A window's edge then reads few pages. After an import or a restore in another order it reads many, and a BRIN index helps nothing."
*/
SELECT
    'WARN' AS status,
    format('the correlation of "timestamp" with the physical order is %s', stat.correlation) AS said,
    format(
        'CLUSTER %s USING directus_activity_timestamp_index;  -- locks the table: plan it',
        {{ (directus ~ ".directus_activity") | literal }}::regclass
    ) AS mend
FROM pg_stats AS stat
JOIN pg_namespace AS namespace ON namespace.nspname = stat.schemaname
JOIN pg_class AS relation
    ON relation.relnamespace = namespace.oid AND relation.relname = stat.tablename
WHERE relation.oid = {{ (directus ~ ".directus_activity") | literal }}::regclass
    AND stat.attname = 'timestamp'
    AND relation.reltuples > 100000
    AND abs(stat.correlation) < 0.8;
