-- What has to be done every night, each step by itself: one that fails is reported,
-- and the rest go on.
--
-- Locks: the watermark's row while it runs; nothing on directus_activity but ACCESS
-- SHARE, and SHARE UPDATE EXCLUSIVE where it is analyzed. What is dropped goes last,
-- since that lock is in everybody's way until the transaction ends.
-- Cost: reads directus_activity once.
--
-- lint: allow when-others: a failing step is reported with its SQLSTATE
CREATE OR REPLACE FUNCTION {{ directus }}.maintain_activity_table()
    RETURNS TABLE (task text, detail text, duration_ms numeric)
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    v_started timestamptz;
BEGIN
    FOREACH task IN ARRAY ARRAY[
        'refresh', 'reconcile', 'partitions', 'analyze', 'job log', 'logins', 'hours',
        'quarters', 'trailing', 'archive'
    ] LOOP
        v_started := clock_timestamp();
        BEGIN
            detail := CASE task
                WHEN 'refresh' THEN (
                    SELECT format('%s rows folded, %s in the tail', step.folded_rows, step.lag_rows)
                    FROM {{ directus }}.refresh_activity_rollups() AS step
                )
                WHEN 'reconcile' THEN (
                    SELECT format(
                        '%s hours folded again, %s with deleted rows that go on counting',
                        count(*) FILTER (WHERE difference.done = 'refolded'),
                        count(*) FILTER (WHERE difference.done = 'kept')
                    )
                    FROM activity_sql.reconcile_rollups() AS difference
                )
                WHEN 'partitions' THEN format(
                    '%s made',
                    activity_sql.add_month_partitions('activity_hour', '{}')
                    + CASE
                        WHEN (SELECT setting.archive FROM activity_sql.setting AS setting)
                            THEN activity_sql.add_month_partitions('activity_archive', '{}')
                        ELSE 0
                    END
                )
                WHEN 'analyze' THEN format('%s tables', activity_sql.analyze_tables())
                WHEN 'job log' THEN format('%s old runs deleted', activity_sql.clean_job_log())
                WHEN 'logins' THEN format(
                    '%s old failures deleted', activity_sql.drop_old_auth_events()
                )
                WHEN 'hours' THEN format('%s old hours dropped', activity_sql.drop_old_hours())
                WHEN 'quarters' THEN activity_sql.keep_quarters()
                WHEN 'trailing' THEN activity_sql.keep_trailing()
                WHEN 'archive' THEN format(
                    '%s old months dropped', activity_sql.drop_old_archive()
                )
            END;
        EXCEPTION
            WHEN OTHERS THEN
                detail := format('failed: %s (SQLSTATE %s)', SQLERRM, SQLSTATE);
        END;
        duration_ms := round(extract(epoch FROM clock_timestamp() - v_started) * 1000, 3);
        RETURN NEXT;
    END LOOP;
END;
$function$;

COMMENT ON FUNCTION {{ directus }}.maintain_activity_table() IS
    'Refresh, reconcile, make partitions ahead, ANALYZE, clean pg_cron''s log of our jobs, drop '
    'failed logins, hours, quarters of days and months of the archive that are no longer kept, make '
    'the trailing windows anew. One row per task: what it did, or "failed: ..." with the SQLSTATE, and how long it took in '
    'milliseconds.';

REVOKE ALL ON FUNCTION {{ directus }}.maintain_activity_table() FROM PUBLIC;
