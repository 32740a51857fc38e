-- Whether the sequence is below what was seen already.
--
-- Locks: none. Cost: a few catalog lookups.
CREATE OR REPLACE FUNCTION activity_sql.ids_began_again()
    RETURNS boolean
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_seen bigint;
BEGIN
    SELECT greatest(mark.settled_id, mark.candidate_id)
    INTO v_seen
    FROM activity_sql.watermark AS mark;
    RETURN coalesce(
        activity_sql.last_drawn_id(activity_sql.activity_sequence()) < v_seen, false
    );
EXCEPTION
    -- What else is wrong with the ids is for refresh to say.
    WHEN object_not_in_prerequisite_state THEN
        RETURN false;
END;
$function$;

COMMENT ON FUNCTION activity_sql.ids_began_again() IS
    'Whether the sequence of directus_activity has drawn fewer ids than the watermark has seen.';

REVOKE ALL ON FUNCTION activity_sql.ids_began_again() FROM PUBLIC;
