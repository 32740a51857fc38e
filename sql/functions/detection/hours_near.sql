-- The hours of the clock in a span that are near one time of day.
--
-- Locks: none. Cost: a fraction of a millisecond.
CREATE OR REPLACE FUNCTION activity_sql.hours_near(
    p_from  timestamptz,
    p_until timestamptz,
    p_near  timestamptz
)
    RETURNS timestamptz[]
    LANGUAGE sql
    IMMUTABLE
    PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(array_agg(span.hour), '{}')
    FROM generate_series(p_from, p_until - interval '1 hour', interval '1 hour') AS span (hour)
    WHERE mod(
        abs(extract(epoch FROM span.hour - activity_sql.hour_of(p_near)))::bigint, 86400
    ) IN (0, 3600, 82800);
END;

COMMENT ON FUNCTION activity_sql.hours_near(timestamptz, timestamptz, timestamptz) IS
    'The starts of the hours in [p_from, p_until), both on an hour, that have the hour of the '
    'day of p_near in UTC, the one before or the one after.';

REVOKE ALL ON FUNCTION activity_sql.hours_near(timestamptz, timestamptz, timestamptz) FROM PUBLIC;
