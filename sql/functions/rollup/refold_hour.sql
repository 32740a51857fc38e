-- Fold one hour's rows again, of run or of everything else, as they are now.
--
-- The other part of the hour keeps its cells: they go through the batch once more.
-- Retention may have deleted rows since the caller compared: where a count would
-- then be lowered that must not be, nothing is done.
--
-- Locks: ACCESS SHARE on directus_activity; the caller holds the watermark's row.
-- Cost: the hour's rows and cells.
CREATE OR REPLACE FUNCTION activity_sql.refold_hour(
    p_hour   timestamptz,
    p_is_run boolean,
    p_keep   boolean
)
    RETURNS void
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
DECLARE
    v_mark   activity_sql.watermark;
    v_until  timestamptz := CASE p_hour
        WHEN 'infinity' THEN NULL
        WHEN '-infinity' THEN '4714-11-24 00:00:00+00 BC'
        ELSE p_hour + interval '1 hour'
    END;
    v_run    integer;
    v_rows   bigint;
    v_folded bigint;
BEGIN
    SELECT
        mark.settled_id,
        mark.time_zone,
        mark.excluded_actions,
        mark.excluded_users
    INTO
        v_mark.settled_id,
        v_mark.time_zone,
        v_mark.excluded_actions,
        v_mark.excluded_users
    FROM activity_sql.watermark AS mark;

    PERFORM activity_sql.fill_batch(
        -9223372036854775808,
        v_mark.settled_id,
        p_hour,
        v_until,
        'rows'
    );
    DELETE FROM activity_sql.batch AS batch
    WHERE batch.is_run <> p_is_run;

    SELECT coalesce(sum(batch.actions), 0)
    INTO v_rows
    FROM activity_sql.batch AS batch;
    SELECT CASE WHEN p_is_run THEN hourly.run_actions ELSE hourly.actions - hourly.run_actions END
    INTO v_folded
    FROM activity_sql.activity_hour AS hourly
    WHERE hourly.hour = p_hour;
    IF p_keep AND v_rows < v_folded THEN
        RETURN;
    END IF;

    SELECT action.id
    INTO v_run
    FROM activity_sql.action AS action
    WHERE action.name = 'run';

    -- The whole part's fingerprint goes with its first cell: all are XORed again.
    INSERT INTO activity_sql.batch (
        hour, day, pentad, month, address, account, collection, action, is_run, actions,
        fingerprint, first_seen, last_seen, seen
    )
    SELECT
        p_hour,
        (p_hour AT TIME ZONE v_mark.time_zone)::date,
        activity_sql.pentad_start((p_hour AT TIME ZONE v_mark.time_zone)::date),
        date_trunc('month', p_hour AT TIME ZONE v_mark.time_zone)::date,
        cell.address,
        cell.account,
        cell.collection,
        cell.action,
        NOT p_is_run,
        cell.actions,
        CASE
            WHEN row_number() OVER () > 1 THEN 0
            WHEN p_is_run THEN hourly.fingerprint # hourly.run_fingerprint
            ELSE hourly.run_fingerprint
        END,
        cell.first_seen,
        cell.last_seen,
        cell.seen
    FROM activity_sql.activity_hour AS hourly
    CROSS JOIN activity_sql.unpacked_hour(p_hour) AS cell
    WHERE hourly.hour = p_hour
        AND (cell.action IS NOT DISTINCT FROM v_run) <> p_is_run;

    DELETE FROM activity_sql.activity_hour AS hourly
    WHERE hourly.hour = p_hour;
    PERFORM activity_sql.fold_hours();

    IF (SELECT setting.archive FROM activity_sql.setting AS setting) THEN
        DELETE FROM activity_sql.activity_archive AS archived
        WHERE archived."timestamp" >= p_hour
            AND (archived."timestamp" < v_until OR v_until IS NULL)
            AND (archived.action = 'run') = p_is_run
            AND (
                archived.action <> ALL (v_mark.excluded_actions)
                AND (
                    archived."user" IS NULL
                    OR archived."user" <> ALL (v_mark.excluded_users)
                )
                OR EXISTS (
                    SELECT FROM {{ directus }}.directus_activity AS activity
                    WHERE activity.id = archived.id
                        AND (
                            activity."timestamp" = archived."timestamp"
                            OR (activity.collection, activity.item)
                            = (archived.collection, archived.item)
                        )
                )
            );
        PERFORM activity_sql.add_month_partitions('activity_archive', ARRAY[p_hour]);
        INSERT INTO activity_sql.activity_archive (
            id, action, "user", "timestamp", ip, collection, item
        )
        SELECT
            activity.id,
            activity.action,
            activity."user",
            activity."timestamp",
            activity.ip,
            activity.collection,
            activity.item
        FROM {{ directus }}.directus_activity AS activity
        WHERE activity.id <= v_mark.settled_id
            AND activity."timestamp" >= p_hour
            AND (activity."timestamp" < v_until OR v_until IS NULL)
            AND (activity.action = 'run') = p_is_run;
    END IF;
END;
$function$;

COMMENT ON FUNCTION activity_sql.refold_hour(timestamptz, boolean, boolean) IS
    'Replaces what was folded of the hour, of action run where p_is_run, else of all others, by the '
    'rows with id <= settled_id. With p_keep never by fewer. Days and months: refold_month.';

REVOKE ALL ON FUNCTION activity_sql.refold_hour(timestamptz, boolean, boolean) FROM PUBLIC;
