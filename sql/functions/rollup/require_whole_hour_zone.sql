-- Days are made of UTC hours, so every day of the reporting time zone has to begin
-- on one, and its clock may not go back over midnight by part of an hour.
--
-- Locks: none. Cost: half a second: each hour from 2012, before which Directus
-- wrote no activity, to 2040.
CREATE OR REPLACE FUNCTION activity_sql.require_whole_hour_zone(p_time_zone text)
    RETURNS void
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF p_time_zone IS NULL THEN
        RETURN;
    END IF;
    -- PostgreSQL itself would take 'Europe/Berln1' for a POSIX zone.
    IF NOT EXISTS (
        SELECT FROM pg_timezone_names AS known WHERE known.name = p_time_zone
    ) THEN
        RAISE EXCEPTION '% is no time zone', p_time_zone
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Pass an IANA name such as Europe/Berlin; pg_timezone_names has them.';
    END IF;
    IF EXISTS (
        SELECT FROM (
            SELECT
                hour.start AT TIME ZONE p_time_zone AS here,
                lag(hour.start AT TIME ZONE p_time_zone) OVER (ORDER BY hour.start) AS before
            FROM generate_series(
                '2012-01-01 00:00:00+00'::timestamptz, '2040-01-01 00:00:00+00', '1 hour'
            ) AS hour (start)
        ) AS clock
        WHERE clock.here::time <> date_trunc('hour', clock.here)::time
            OR clock.here::date < clock.before::date
    ) THEN
        RAISE EXCEPTION 'the days of % do not begin on UTC hours', p_time_zone
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Keep days in UTC; functions with p_timezone answer for other zones.';
    END IF;
END;
$function$;

COMMENT ON FUNCTION activity_sql.require_whole_hour_zone(text) IS
    'Raises invalid_parameter_value for what is no IANA time zone, or one whose days do not begin '
    'on a UTC hour. NULL passes.';

REVOKE ALL ON FUNCTION activity_sql.require_whole_hour_zone(text) FROM PUBLIC;
