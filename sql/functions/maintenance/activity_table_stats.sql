-- What the server and we know about directus_activity as a table.
--
-- A function, since a view that names the table would have PostgreSQL refuse
-- Directus's changes to it.
--
-- Locks: ACCESS SHARE on directus_activity. Cost: grows with the rows above the
-- watermark.
CREATE OR REPLACE FUNCTION activity_sql.activity_table_stats()
    RETURNS TABLE (
        live_rows             bigint,
        dead_rows             bigint,
        table_bytes           bigint,
        index_bytes           bigint,
        last_vacuum           timestamptz,
        last_analyze          timestamptz,
        timestamp_correlation real,
        rollup_lag_rows       bigint,
        oldest_row            timestamptz
    )
    LANGUAGE plpgsql
    STABLE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
AS $function$
#variable_conflict use_column
DECLARE
    v_table regclass := {{ (directus ~ ".directus_activity") | literal }}::regclass;
BEGIN
    RETURN QUERY
    SELECT
        stats.n_live_tup,
        stats.n_dead_tup,
        pg_table_size(v_table),
        pg_indexes_size(v_table),
        greatest(stats.last_vacuum, stats.last_autovacuum),
        greatest(stats.last_analyze, stats.last_autoanalyze),
        (
            SELECT distribution.correlation
            FROM pg_stats AS distribution
            WHERE distribution.schemaname = stats.schemaname
                AND distribution.tablename = stats.relname
                AND distribution.attname = 'timestamp'
                AND NOT distribution.inherited
        ),
        (SELECT activity_sql.lag_rows(mark.settled_id) FROM activity_sql.watermark AS mark),
        (SELECT min(activity."timestamp") FROM {{ directus }}.directus_activity AS activity)
    FROM pg_stat_user_tables AS stats
    WHERE stats.relid = v_table;
END;
$function$;

COMMENT ON FUNCTION activity_sql.activity_table_stats() IS
    'One row, the columns of v_activity_table_stats.';

REVOKE ALL ON FUNCTION activity_sql.activity_table_stats() FROM PUBLIC;
