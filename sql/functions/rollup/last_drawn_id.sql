-- The highest id that anyone can have drawn so far.
--
-- Dynamic, since a sequence's state is a table of the sequence's own name.
--
-- Locks: none. Cost: one page.
CREATE OR REPLACE FUNCTION activity_sql.last_drawn_id(p_sequence regclass)
    RETURNS bigint
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_name text;
    v_last bigint;
BEGIN
    SELECT format('%I.%I', namespace.nspname, sequence.relname)
    INTO v_name
    FROM pg_class AS sequence
    JOIN pg_namespace AS namespace ON namespace.oid = sequence.relnamespace
    WHERE sequence.oid = p_sequence;

    EXECUTE format(
        'SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM %s', v_name
    ) INTO v_last;
    RETURN v_last;
END;
$function$;

COMMENT ON FUNCTION activity_sql.last_drawn_id(regclass) IS
    'The last value of a sequence that goes up; one less than its next where none was drawn.';

REVOKE ALL ON FUNCTION activity_sql.last_drawn_id(regclass) FROM PUBLIC;
