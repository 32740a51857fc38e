-- The ids begin again: everything in directus_activity now is new.
--
-- For a table that was emptied together with its sequence. What was folded stays as
-- history. Refused where rows that were folded are still there: they would count
-- twice.
--
-- Locks: the watermark's row. Cost: as compare_rollups.
CREATE OR REPLACE FUNCTION activity_sql.restart_ids()
    RETURNS void
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
AS $function$
DECLARE
    v_hour timestamptz;
BEGIN
    PERFORM activity_sql.require_read_committed();
    PERFORM activity_sql.lock_watermark(p_wait => true);

    SELECT hourly.hour
    INTO v_hour
    FROM activity_sql.activity_hour AS hourly
    JOIN activity_sql.watermark AS mark ON hourly.hour >= mark.hours_since
    CROSS JOIN LATERAL (
        VALUES
            (
                false,
                hourly.actions - hourly.run_actions,
                hourly.fingerprint # hourly.run_fingerprint
            ),
            (true, hourly.run_actions, hourly.run_fingerprint)
    ) AS part (is_run, row_count, fingerprint)
    LEFT JOIN activity_sql.compare_rollups() AS difference
        ON difference.hour = hourly.hour AND difference.is_run = part.is_run
    WHERE part.row_count > 0 AND difference.hour IS NULL
    LIMIT 1;
    IF v_hour IS NOT NULL THEN
        RAISE EXCEPTION 'the rows of the hour % were folded and are still there', v_hour
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Set the sequence above the highest id instead, with setval.';
    END IF;

    UPDATE activity_sql.watermark
    SET
        settled_id = (
            SELECT least(coalesce(min(activity.id), 1), 1) - 1
            FROM {{ directus }}.directus_activity AS activity
        ),
        candidate_id = NULL,
        candidate_holders = NULL;
END;
$function$;

COMMENT ON FUNCTION activity_sql.restart_ids() IS
    'After TRUNCATE ... RESTART IDENTITY: counts every row in directus_activity as not yet folded, '
    'and keeps what was folded. Raises object_not_in_prerequisite_state where folded rows are '
    'still there.';

REVOKE ALL ON FUNCTION activity_sql.restart_ids() FROM PUBLIC;
