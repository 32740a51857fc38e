-- The calendar bucket of a moment.
--
-- An SQL-standard body, so that callers inline it.
--
-- Locks: none. Cost: microseconds; ask for each distinct moment once, not for each cell.
CREATE OR REPLACE FUNCTION activity_sql.calendar_bucket(
    p_moment    timestamptz,
    p_bucket    text,
    p_time_zone text
)
    RETURNS timestamptz
    LANGUAGE sql
    STABLE
    PARALLEL SAFE
RETURN CASE
    WHEN p_bucket = 'hour' THEN date_trunc('hour', p_moment, p_time_zone)
    ELSE activity_sql.day_start(
        date_trunc(p_bucket, p_moment AT TIME ZONE p_time_zone)::date, p_time_zone
    )
END;

COMMENT ON FUNCTION activity_sql.calendar_bucket(timestamptz, text, text) IS
    'When the hour, day, week (from Monday) or month of p_time_zone begins that p_moment is in; an '
    'hour by the offset in force at p_moment. infinity stays infinity.';

REVOKE ALL ON FUNCTION activity_sql.calendar_bucket(timestamptz, text, text) FROM PUBLIC;
