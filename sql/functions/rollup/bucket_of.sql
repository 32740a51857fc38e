-- The finest bucket that is kept of a moment: an hour, or before the hours a day.
--
-- An SQL-standard body, so that callers inline it.
--
-- Locks: none. Cost: none of its own.
CREATE OR REPLACE FUNCTION activity_sql.bucket_of(
    p_moment      timestamptz,
    p_hours_since timestamptz,
    p_time_zone   text
)
    RETURNS timestamptz
    LANGUAGE sql
    STABLE
    PARALLEL SAFE
RETURN CASE
    WHEN p_moment >= p_hours_since THEN activity_sql.hour_of(p_moment)
    ELSE activity_sql.day_start((p_moment AT TIME ZONE p_time_zone)::date, p_time_zone)
END;

COMMENT ON FUNCTION activity_sql.bucket_of(timestamptz, timestamptz, text) IS
    'The start of the UTC hour that p_moment is in, or, before p_hours_since, of the day.';

REVOKE ALL ON FUNCTION activity_sql.bucket_of(timestamptz, timestamptz, text) FROM PUBLIC;
