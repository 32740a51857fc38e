-- Fresh statistics where autovacuum gives none, or is behind: it never looks at a
-- partitioned table as a whole, and at a table of ten million rows only after a million
-- changes.
--
-- Of the partitioned tables only the key: their arrays are wide, and no plan asks for
-- statistics of them.
--
-- Locks: SHARE UPDATE EXCLUSIVE on each table to the end of the transaction, if it is
-- had in 50 ms. Cost: 30,000 rows of each.
CREATE OR REPLACE FUNCTION activity_sql.analyze_tables()
    RETURNS integer
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '50ms'
AS $function$
DECLARE
    v_table    record;
    v_analyzed integer := 0;
BEGIN
    FOR v_table IN
        SELECT
            relation.oid::regclass AS name,
            CASE relation.relname
                WHEN 'activity_hour' THEN '(hour)'
                WHEN 'activity_archive' THEN '("timestamp")'
                ELSE ''
            END AS columns
        FROM pg_class AS relation
        LEFT JOIN pg_stat_user_tables AS stat ON stat.relid = relation.oid
        WHERE (
                relation.oid = {{ (directus ~ ".directus_activity") | literal }}::regclass
                OR relation.relnamespace = 'activity_sql'::regnamespace
            )
            AND relation.relpersistence = 'p'
            AND pg_has_role(relation.relowner, 'USAGE')
            AND (
                relation.relkind = 'p'
                OR (
                    relation.relkind = 'r'
                    AND NOT relation.relispartition
                    AND stat.n_mod_since_analyze >= greatest(1000, stat.n_live_tup / 50)
                )
            )
        ORDER BY relation.oid
    LOOP
        BEGIN
            EXECUTE format('ANALYZE %s %s', v_table.name, v_table.columns);
            v_analyzed := v_analyzed + 1;
        EXCEPTION
            WHEN lock_not_available THEN
                CONTINUE;
        END;
    END LOOP;
    RETURN v_analyzed;
END;
$function$;

COMMENT ON FUNCTION activity_sql.analyze_tables() IS
    'ANALYZE of directus_activity and our tables where a fiftieth of the rows, and a thousand at '
    'least, has changed since the last, and of our partitioned tables always. Returns how many; '
    'those of another owner, or in use for longer than 50 ms, are left out.';

REVOKE ALL ON FUNCTION activity_sql.analyze_tables() FROM PUBLIC;
