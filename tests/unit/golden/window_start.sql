-- The first moment of a window that ends at p_as_of, or now.
--
-- Why hours and not days: a day of a window is 24 hours, whatever the session's
-- time zone does that night; the interval '1 day' would be 23 or 25 of them.
-- Why the lower bound on p_as_of: a window of 100 years must still have a start.
--
-- Locks: none. Cost: microseconds.
CREATE OR REPLACE FUNCTION activity_sql.window_start(p_hours integer, p_as_of timestamptz)
    RETURNS timestamptz
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF NOT isfinite(p_as_of) OR p_as_of < '0001-01-01 00:00:00+00'::timestamptz THEN
        RAISE EXCEPTION 'p_as_of must be a finite moment from year 1 on, got %', p_as_of
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Pass NULL for now, or a moment such as 2026-01-31 12:00+00.';
    END IF;

    RETURN coalesce(p_as_of, now()) - make_interval(hours => p_hours);
END;
$function$;

COMMENT ON FUNCTION activity_sql.window_start(integer, timestamptz) IS
    'p_hours before p_as_of, or before now() where p_as_of is NULL. Raises '
    'invalid_parameter_value for an infinite p_as_of, or one before year 1.';

REVOKE ALL ON FUNCTION activity_sql.window_start(integer, timestamptz) FROM PUBLIC;
