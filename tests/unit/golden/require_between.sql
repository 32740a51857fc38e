-- One wording and one SQLSTATE for every numeric argument that is out of range.
--
-- Locks: none. Cost: microseconds; called a few times per statement, never per row.
CREATE OR REPLACE FUNCTION activity_sql.require_between(
    p_name  text,
    p_value numeric,
    p_low   numeric,
    p_high  numeric,
    p_hint  text
)
    RETURNS void
    LANGUAGE plpgsql
    IMMUTABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF p_value IS NULL OR p_value NOT BETWEEN p_low AND p_high THEN
        RAISE EXCEPTION '% must be between % and %, got %',
            p_name, p_low, p_high, coalesce(p_value::text, 'NULL')
            USING ERRCODE = 'invalid_parameter_value', HINT = p_hint;
    END IF;
END;
$function$;

COMMENT ON FUNCTION activity_sql.require_between(text, numeric, numeric, numeric, text) IS
    'Raises invalid_parameter_value, naming argument, range and value, unless p_low <= p_value <= '
    'p_high. NULL is out of range.';

REVOKE ALL ON FUNCTION activity_sql.require_between(text, numeric, numeric, numeric, text)
    FROM PUBLIC;
