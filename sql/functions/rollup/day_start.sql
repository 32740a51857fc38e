-- The first moment of a calendar day in a time zone.
--
-- Where clocks are set back over midnight it comes twice, and PostgreSQL means the
-- later one: the first is an hour before.
--
-- Locks: none. Cost: microseconds.
CREATE OR REPLACE FUNCTION activity_sql.day_start(p_day date, p_time_zone text)
    RETURNS timestamptz
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_start timestamptz := (p_day + time '00:00') AT TIME ZONE p_time_zone;
BEGIN
    WHILE isfinite(v_start)
        AND ((v_start - interval '1 hour') AT TIME ZONE p_time_zone)::date >= p_day
    LOOP
        v_start := v_start - interval '1 hour';
    END LOOP;
    RETURN v_start;
END;
$function$;

COMMENT ON FUNCTION activity_sql.day_start(date, text) IS
    'When p_day begins in p_time_zone, an IANA name; infinity stays infinity.';

REVOKE ALL ON FUNCTION activity_sql.day_start(date, text) FROM PUBLIC;
