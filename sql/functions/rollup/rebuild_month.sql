-- One month of rebuild_rollups, or the part of it that lies in the range.
--
-- Locks: ACCESS SHARE on directus_activity; the caller holds the watermark's row.
-- Cost: the month's rows, and the cells of its hours.
CREATE OR REPLACE FUNCTION activity_sql.rebuild_month(
    p_month date,
    p_from  timestamptz,
    p_until timestamptz
)
    RETURNS bigint
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
DECLARE
    v_mark    activity_sql.watermark;
    v_archive boolean;
    v_from    timestamptz;
    v_until   timestamptz;
    v_rows    bigint;
BEGIN
    SELECT mark.settled_id, mark.time_zone, setting.archive
    INTO v_mark.settled_id, v_mark.time_zone, v_archive
    FROM activity_sql.watermark AS mark
    CROSS JOIN activity_sql.setting AS setting;

    v_from := greatest(p_from, activity_sql.day_start(p_month, v_mark.time_zone));
    v_until := least(p_until, CASE p_month
        WHEN 'infinity' THEN NULL
        WHEN '-infinity' THEN '4714-11-24 00:00:00+00 BC'
        ELSE activity_sql.day_start((p_month + interval '1 month')::date, v_mark.time_zone)
    END);

    v_rows := activity_sql.fill_batch(
        -9223372036854775808,
        v_mark.settled_id,
        v_from,
        v_until,
        CASE WHEN v_archive THEN 'both' ELSE 'rows' END
    );
    DELETE FROM activity_sql.activity_hour AS hourly
    WHERE hourly.hour >= v_from AND (v_until IS NULL OR hourly.hour < v_until);
    PERFORM activity_sql.fold_hours();

    IF v_archive THEN
        PERFORM activity_sql.add_month_partitions('activity_archive', ARRAY[v_from, v_until]);
        DELETE FROM activity_sql.activity_archive AS archived
        USING {{ directus }}.directus_activity AS activity
        WHERE activity.id = archived.id
            AND (
                activity."timestamp" = archived."timestamp"
                OR (activity.collection, activity.item) = (archived.collection, archived.item)
            )
            AND archived."timestamp" >= v_from
            AND (v_until IS NULL OR archived."timestamp" < v_until);
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
            AND activity."timestamp" >= v_from
            AND (v_until IS NULL OR activity."timestamp" < v_until);
    END IF;

    PERFORM activity_sql.refold_month(p_month);
    RETURN v_rows;
END;
$function$;

COMMENT ON FUNCTION activity_sql.rebuild_month(date, timestamptz, timestamptz) IS
    'Counts the rows of the month that begins with p_month again, as far as they lie in [p_from, '
    'p_until); returns how many. Only for rebuild_rollups.';

REVOKE ALL ON FUNCTION activity_sql.rebuild_month(date, timestamptz, timestamptz) FROM PUBLIC;
