-- Since when a materialized view or a published table has activity: the one place that
-- says so.
--
-- In whole hours; days are those of the reporting time zone. As many hours as days have, whatever the session's time zone.
--
-- Locks: none. Cost: microseconds.
CREATE OR REPLACE FUNCTION activity_sql.published_since(p_view text)
    RETURNS timestamptz
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_days integer;
    v_zone text;
BEGIN
    SELECT setting.published_days, mark.time_zone
    INTO v_days, v_zone
    FROM activity_sql.setting AS setting
    CROSS JOIN activity_sql.watermark AS mark;

    RETURN CASE p_view
        WHEN 'mv_activity_hourly_stats'
            THEN activity_sql.hour_of(now()) - make_interval(hours => 24 * v_days)
        WHEN 'mv_activity_collection_stats'
            THEN activity_sql.hour_of(now()) - make_interval(hours => 24 * v_days)
        WHEN 'activity_sql_hours'
            THEN activity_sql.hour_of(now()) - make_interval(hours => 24 * v_days)
        WHEN 'activity_sql_days'
            THEN activity_sql.day_start((now() AT TIME ZONE v_zone)::date - v_days, v_zone)
        WHEN 'mv_activity_dashboard_stats'
            THEN activity_sql.hour_of(now()) - interval '168 hours'
        WHEN 'mv_activity_daily_summary'
            THEN activity_sql.day_start((now() AT TIME ZONE v_zone)::date - v_days, v_zone)
    END;
END;
$function$;

COMMENT ON FUNCTION activity_sql.published_since(text) IS
    'The first moment that a materialized view or published table p_view covers if it is made now: '
    'the hour of setting.published_days ago, for mv_activity_daily_summary and activity_sql_days the '
    'start of that day, for mv_activity_dashboard_stats the hour of 7 days ago. NULL for any other '
    'name.';

REVOKE ALL ON FUNCTION activity_sql.published_since(text) FROM PUBLIC;
