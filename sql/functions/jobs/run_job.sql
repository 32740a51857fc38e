-- Run one job and record how it ended. pg_cron and the worker both come through here,
-- so that what they did stands in one place, and a job never runs twice at once.
--
-- Locks: an advisory lock on the job to the end of the transaction; otherwise those of
-- the statement. Cost: that of the statement.
--
-- lint: allow when-others: a failing job is recorded with its SQLSTATE
CREATE OR REPLACE FUNCTION activity_sql.run_job(p_name text)
    RETURNS TABLE (said text, failed boolean)
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    v_started   timestamptz := clock_timestamp();
    v_statement text;
    v_hint      text;
BEGIN
    SELECT rtrim(job.statement, E'; \n')
    INTO v_statement
    FROM activity_sql.job AS job
    WHERE job.name = p_name;
    IF v_statement IS NULL THEN
        RAISE EXCEPTION 'there is no job %', coalesce(p_name, 'NULL')
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Its name is one of v_activity_jobs.';
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended('activity-sql job ' || p_name, 0)) THEN
        RETURN;
    END IF;
    BEGIN
        EXECUTE format(
            'SELECT string_agg(step.said, ''; ''), coalesce(bool_or(step.failed), false) '
            'FROM (%s) AS step (said, failed)',
            v_statement
        )
        INTO said, failed;
    EXCEPTION
        WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS v_hint = PG_EXCEPTION_HINT;
            said := rtrim(format('failed: %s (SQLSTATE %s). %s', SQLERRM, SQLSTATE, v_hint));
            failed := true;
    END;
    UPDATE activity_sql.job AS job
    SET
        last_run = v_started,
        last_status = CASE WHEN failed THEN 'failed' ELSE 'ok' END,
        last_said = said,
        last_duration_ms =
            round(extract(epoch FROM clock_timestamp() - v_started) * 1000, 3),
        last_ok = CASE WHEN failed THEN job.last_ok ELSE v_started END
    WHERE job.name = p_name;
    RETURN NEXT;
END;
$function$;

COMMENT ON FUNCTION activity_sql.run_job(text) IS
    'Runs a job and records in activity_sql.job how it ended. One row: what it did, NULL for '
    'nothing, and whether it failed; no row where it is running already. Raises '
    'invalid_parameter_value for an unknown name.';

REVOKE ALL ON FUNCTION activity_sql.run_job(text) FROM PUBLIC;
