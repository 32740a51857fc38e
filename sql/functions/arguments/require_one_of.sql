-- Check an argument that is one of a few words, with one message for all functions.
--
-- Locks: none. Cost: a function call; called once per query, never per row.
CREATE OR REPLACE FUNCTION activity_sql.require_one_of(
    p_name    text,
    p_value   text,
    p_allowed text[]
)
    RETURNS void
    LANGUAGE plpgsql
    IMMUTABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF p_value IS NULL OR p_value <> ALL (p_allowed) THEN
        RAISE EXCEPTION '% must be one of %, got %',
            p_name, array_to_string(p_allowed, ', '), coalesce(p_value, 'NULL')
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = format('Pass for example %L.', p_allowed[1]);
    END IF;
END;
$function$;

COMMENT ON FUNCTION activity_sql.require_one_of(text, text, text[]) IS
    'Raises invalid_parameter_value, naming argument, words and value, unless p_value is one of '
    'p_allowed. NULL is none of them.';

REVOKE ALL ON FUNCTION activity_sql.require_one_of(text, text, text[]) FROM PUBLIC;
