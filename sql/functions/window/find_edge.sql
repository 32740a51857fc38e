-- Where one end of a window falls, and what can say what happened on either side.
--
-- Rows say it if as many are there, up to the watermark, as were folded in that
-- bucket; else the archive, by the same test. If neither has them the edge moves to
-- the end of the bucket: it then counts whole if its start is inside the window and
-- not at all otherwise, so that adjoining windows never count a row twice.
--
-- Locks: ACCESS SHARE. Cost: counts the rows of one hour; of one day where hours are
-- no longer kept.
CREATE OR REPLACE FUNCTION activity_sql.find_edge(p_moment timestamptz)
    RETURNS activity_sql.window_edge
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
DECLARE
    v_edge   activity_sql.window_edge;
    v_mark   activity_sql.watermark;
    v_day    date;
    v_from   timestamptz;
    v_until  timestamptz;
    v_folded bigint;
BEGIN
    v_edge.moment := p_moment;
    v_edge.bucket_from := p_moment;
    v_edge.bucket_to := p_moment;
    SELECT
        mark.settled_id,
        mark.hours_since,
        mark.time_zone,
        mark.excluded_actions,
        mark.excluded_users
    INTO
        v_mark.settled_id,
        v_mark.hours_since,
        v_mark.time_zone,
        v_mark.excluded_actions,
        v_mark.excluded_users
    FROM activity_sql.watermark AS mark;

    IF p_moment >= v_mark.hours_since THEN
        v_from := activity_sql.hour_of(p_moment);
        v_until := v_from + interval '1 hour';
    ELSE
        v_day := (p_moment AT TIME ZONE v_mark.time_zone)::date;
        v_from := activity_sql.day_start(v_day, v_mark.time_zone);
        v_until := activity_sql.day_start(v_day + 1, v_mark.time_zone);
    END IF;
    IF v_from = p_moment THEN
        RETURN v_edge;
    END IF;

    IF v_day IS NULL THEN
        SELECT hourly.actions
        INTO v_folded
        FROM activity_sql.activity_hour AS hourly
        WHERE hourly.hour = v_from;
    ELSE
        SELECT sum(daily.actions)
        INTO v_folded
        FROM activity_sql.collection_action_rollup AS daily
        WHERE daily.grain = 'd' AND daily.bucket = v_day;
    END IF;
    v_folded := coalesce(v_folded, 0);

    IF v_folded = (
        SELECT count(*)
        FROM {{ directus }}.directus_activity AS activity
        WHERE activity."timestamp" >= v_from
            AND activity."timestamp" < v_until
            AND activity.id <= v_mark.settled_id
            AND activity.action <> ALL (v_mark.excluded_actions)
            AND (activity."user" IS NULL OR activity."user" <> ALL (v_mark.excluded_users))
    ) THEN
        v_edge.source := 'rows';
    ELSIF v_folded = (
        SELECT count(*)
        FROM activity_sql.activity_archive AS archived
        WHERE archived."timestamp" >= v_from
            AND archived."timestamp" < v_until
            AND archived.action <> ALL (v_mark.excluded_actions)
            AND (archived."user" IS NULL OR archived."user" <> ALL (v_mark.excluded_users))
    ) THEN
        v_edge.source := 'archive';
    ELSE
        v_edge.moment := v_until;
        v_edge.bucket_from := v_until;
        v_edge.bucket_to := v_until;
        RETURN v_edge;
    END IF;
    v_edge.bucket_from := v_from;
    v_edge.bucket_to := v_until;
    RETURN v_edge;
END;
$function$;

COMMENT ON FUNCTION activity_sql.find_edge(timestamptz) IS
    'The bucket that p_moment cuts: bucket_from, bucket_to, and source, rows or archive. On a '
    'bucket''s start, or moved to it since the rows are gone, both are moment and source is NULL.';

REVOKE ALL ON FUNCTION activity_sql.find_edge(timestamptz) FROM PUBLIC;
