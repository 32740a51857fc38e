-- Who can still show the rows of a span one by one: whoever has as many of them, up
-- to the watermark, as were folded there.
--
-- Locks: ACCESS SHARE. Cost: counts the rows of the span.
CREATE OR REPLACE FUNCTION activity_sql.readable_source(p_from timestamptz, p_until timestamptz)
    RETURNS text
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
DECLARE
    v_mark   activity_sql.watermark;
    v_folded bigint;
BEGIN
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

    SELECT coalesce(sum(hourly.actions), 0)
    INTO v_folded
    FROM activity_sql.activity_hour AS hourly
    WHERE hourly.hour >= greatest(p_from, v_mark.hours_since) AND hourly.hour < p_until;
    IF p_from < v_mark.hours_since THEN
        SELECT v_folded + coalesce(sum(daily.actions), 0)
        INTO v_folded
        FROM activity_sql.collection_action_rollup AS daily
        WHERE daily.grain = 'd'
            AND daily.bucket >= (p_from AT TIME ZONE v_mark.time_zone)::date
            AND daily.bucket
            < (least(p_until, v_mark.hours_since) AT TIME ZONE v_mark.time_zone)::date;
    END IF;

    IF v_folded = (
        SELECT count(*)
        FROM {{ directus }}.directus_activity AS activity
        WHERE activity."timestamp" >= p_from
            AND activity."timestamp" < p_until
            AND activity.id <= v_mark.settled_id
            AND activity.action <> ALL (v_mark.excluded_actions)
            AND (activity."user" IS NULL OR activity."user" <> ALL (v_mark.excluded_users))
    ) THEN
        RETURN 'rows';
    END IF;
    IF v_folded = (
        SELECT count(*)
        FROM activity_sql.activity_archive AS archived
        WHERE archived."timestamp" >= p_from
            AND archived."timestamp" < p_until
            AND archived.action <> ALL (v_mark.excluded_actions)
            AND (archived."user" IS NULL OR archived."user" <> ALL (v_mark.excluded_users))
    ) THEN
        RETURN 'archive';
    END IF;
    RETURN NULL;
END;
$function$;

COMMENT ON FUNCTION activity_sql.readable_source(timestamptz, timestamptz) IS
    'rows where directus_activity, else archive where the archive has as many rows of [p_from, '
    'p_until) as were folded; NULL where neither has. Both bounds on a bucket''s start: of an hour, '
    'or of a day where hours are no longer kept.';

REVOKE ALL ON FUNCTION activity_sql.readable_source(timestamptz, timestamptz) FROM PUBLIC;
