/*
what = "Autovacuum keeps up with directus_activity and with our tables."
why = "Dead rows are read and skipped by every scan; stale statistics give bad plans."
*/
SELECT
    CASE WHEN lag.freeze_age > 1500000000 THEN 'CRIT' ELSE 'WARN' END AS status,
    format(
        '%s: %s',
        lag.name,
        concat_ws(
            ', ',
            CASE WHEN lag.freeze_age > 1500000000 THEN 'close to wraparound' END,
            CASE WHEN lag.is_dirty THEN format('%s of %s rows are dead', lag.dead, lag.live) END,
            CASE
                WHEN lag.is_stale
                    THEN format('%s of %s rows are new since the last ANALYZE', lag.new, lag.live)
            END
        )
    ) AS said,
    format('VACUUM (ANALYZE) %s;', lag.name) AS mend
FROM (
    SELECT
        stat.relid::regclass::text AS name,
        stat.n_dead_tup AS dead,
        stat.n_live_tup AS live,
        stat.n_mod_since_analyze AS new,
        age(relation.relfrozenxid) AS freeze_age,
        stat.n_dead_tup > 10000 AND stat.n_dead_tup > stat.n_live_tup / 3 AS is_dirty,
        stat.n_mod_since_analyze > 50000
        AND stat.n_mod_since_analyze > stat.n_live_tup / 2 AS is_stale
    FROM pg_stat_user_tables AS stat
    JOIN pg_class AS relation ON relation.oid = stat.relid
    WHERE stat.relid = {{ (directus ~ ".directus_activity") | literal }}::regclass
        OR (
            stat.schemaname = 'activity_sql'
            AND relation.relpersistence = 'p'
            AND relation.relkind = 'r'
        )
) AS lag
WHERE lag.is_dirty OR lag.is_stale OR lag.freeze_age > 1500000000
ORDER BY lag.name COLLATE "C";
