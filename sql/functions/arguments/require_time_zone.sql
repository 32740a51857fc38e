-- Check an argument that names a time zone.
--
-- PostgreSQL itself would take 'Europe/Berln1' for a POSIX zone, and CET, EET, MET or WET for an
-- abbreviation: a fixed offset, though the zone of that name has summer time.
--
-- Locks: none. Cost: nothing for UTC and the reporting time zone; 30 ms for others, since the list
-- reads every zone file.
CREATE OR REPLACE FUNCTION activity_sql.require_time_zone(p_name text, p_value text)
    RETURNS void
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF p_value = 'UTC' OR EXISTS (
        SELECT FROM activity_sql.watermark AS mark WHERE mark.time_zone = p_value
    ) THEN
        RETURN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_timezone_names AS known WHERE known.name = p_value)
        OR (p_value <> 'GMT' AND EXISTS (
            SELECT FROM pg_timezone_abbrevs AS short WHERE short.abbrev = upper(p_value)
        ))
    THEN
        RAISE EXCEPTION '% must be an IANA time zone, got %', p_name, coalesce(p_value, 'NULL')
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Pass UTC, or a name such as Europe/Berlin; pg_timezone_names has them.';
    END IF;
END;
$function$;

COMMENT ON FUNCTION activity_sql.require_time_zone(text, text) IS
    'Raises invalid_parameter_value, naming argument and value, unless p_value is a name of '
    'pg_timezone_names, spelled as there, and no abbreviation such as CET, which PostgreSQL would '
    'read as a fixed offset. NULL is none.';

REVOKE ALL ON FUNCTION activity_sql.require_time_zone(text, text) FROM PUBLIC;
