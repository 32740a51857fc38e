-- The ids begin again: everything in directus_activity now is new.
--
-- For a table that was emptied together with its sequence. What was folded stays as
-- history. Refused where a row is older than the last fold: it was folded, and would
-- count twice.
--
-- Locks: the watermark's row. Cost: reads the table, which is nearly empty then, and
-- writes the archive once more.
CREATE OR REPLACE FUNCTION activity_sql.restart_ids()
    RETURNS void
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
AS $function$
DECLARE
    v_old timestamptz;
BEGIN
    PERFORM activity_sql.require_read_committed();
    PERFORM activity_sql.lock_watermark(p_wait => true);

    SELECT min(activity."timestamp")
    INTO v_old
    FROM {{ directus }}.directus_activity AS activity
    CROSS JOIN activity_sql.watermark AS mark
    WHERE activity.id <= mark.settled_id AND activity."timestamp" < mark.folded_at;
    IF v_old IS NOT NULL THEN
        RAISE EXCEPTION 'a row of % is there, which is before the last fold', v_old
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Set the sequence as refresh_activity_rollups() says, or count what is '
                      'there: SELECT activity_sql.rebuild_rollups().';
    END IF;
    PERFORM activity_sql.forget_ids();
END;
$function$;

COMMENT ON FUNCTION activity_sql.restart_ids() IS
    'After TRUNCATE ... RESTART IDENTITY: counts every row in directus_activity as not yet folded, '
    'and keeps what was folded. Raises object_not_in_prerequisite_state where a row is older than '
    'the last fold.';

REVOKE ALL ON FUNCTION activity_sql.restart_ids() FROM PUBLIC;
