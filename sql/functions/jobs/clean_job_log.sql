-- pg_cron writes a row for each run and never deletes one: two thousand a day of our
-- jobs. Where it lives in another database, a job of its own does this there.
--
-- Locks: the rows. Cost: reads cron.job_run_details, which has no index on its times.
CREATE OR REPLACE FUNCTION activity_sql.clean_job_log()
    RETURNS bigint
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_deleted bigint := 0;
BEGIN
    IF EXISTS (
        SELECT
        FROM pg_class AS relation
        JOIN pg_namespace AS namespace ON namespace.oid = relation.relnamespace
        WHERE namespace.nspname = 'cron'
            AND relation.relname = 'job_run_details'
            AND has_schema_privilege(namespace.oid, 'USAGE')
            AND has_table_privilege(relation.oid, 'DELETE')
    ) THEN
        -- Not there everywhere, so the statement is text.
        EXECUTE format(
            'DELETE FROM %I.job_run_details '
            'WHERE database = current_database() AND username = current_user '
            'AND command LIKE $1 AND end_time < now() - $2',
            'cron'
        )
        USING 'SELECT activity_sql.run_job(%', interval '7 days';
        GET DIAGNOSTICS v_deleted = ROW_COUNT;
    END IF;
    RETURN v_deleted;
END;
$function$;

COMMENT ON FUNCTION activity_sql.clean_job_log() IS
    'Deletes what pg_cron''s log says of runs of our jobs that ended more than a week ago, and '
    'returns how many rows; 0 where pg_cron is not in this database or may not be used.';

REVOKE ALL ON FUNCTION activity_sql.clean_job_log() FROM PUBLIC;
