-- The quarter of its day that an hour is in: six hours each, the last one to the day's end.
--
-- By elapsed hours, not by the clock's: so a quarter is never two spans.
--
-- Locks: none. Cost: microseconds; ask once for an hour, not for each of its cells.
CREATE OR REPLACE FUNCTION activity_sql.quarter_of(p_hour timestamptz, p_time_zone text)
    RETURNS "char"
    LANGUAGE sql
    STABLE
    PARALLEL SAFE
RETURN CASE
    WHEN isfinite(p_hour)
        THEN least(
            3,
            extract(epoch FROM p_hour - activity_sql.day_start(
                (p_hour AT TIME ZONE p_time_zone)::date, p_time_zone
            ))::integer / 21600
        )::text::"char"
END;

COMMENT ON FUNCTION activity_sql.quarter_of(timestamptz, text) IS
    '0 to 3: which quarter of its day in p_time_zone the UTC hour is in, counted in hours since the '
    'day began; days of 23 and 25 hours have a last one of 5 and 7. NULL for an infinite hour.';

REVOKE ALL ON FUNCTION activity_sql.quarter_of(timestamptz, text) FROM PUBLIC;
