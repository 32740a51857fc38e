-- Whether an hour is one of the window's whole ones, for who reads single columns of
-- activity_sql.activity_hour; activity_sql.window_cells has all of them.
--
-- Without an upper bound, of a window of hours alone, infinity is inside as well.
--
-- An SQL-standard body: callers inline it, and its parts become index conditions.
--
-- Locks: none. Cost: none of its own.
CREATE OR REPLACE FUNCTION activity_sql.hour_in_window(
    p_hour   timestamptz,
    p_window activity_sql.window_parts
)
    RETURNS boolean
    LANGUAGE sql
    IMMUTABLE
    PARALLEL SAFE
RETURN (
    p_hour >= (p_window).hours1_first
    AND p_hour <= (p_window).hours1_last
) OR (
    p_hour >= (p_window).hours2_first
    AND p_hour <= (p_window).hours2_last
);

COMMENT ON FUNCTION activity_sql.hour_in_window(timestamptz, activity_sql.window_parts) IS
    'Whether the hour counts whole in the window, outside its whole days and months.';

REVOKE ALL ON FUNCTION activity_sql.hour_in_window(timestamptz, activity_sql.window_parts)
    FROM PUBLIC;
