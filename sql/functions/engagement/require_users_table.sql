-- Who reads directus_users says first what to do where that cannot be read.
--
-- Locks: none. Cost: microseconds.
CREATE OR REPLACE FUNCTION activity_sql.require_users_table()
    RETURNS void
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_name  text := {{ (directus ~ ".directus_users") | literal }};
    v_table regclass := to_regclass(v_name);
BEGIN
    IF v_table IS NULL THEN
        RAISE EXCEPTION 'there is no table %', v_name
            USING ERRCODE = 'undefined_table',
                  HINT = 'Every Directus has it: deploy activity-sql to the schema that Directus '
                      'is in.';
    END IF;
    IF NOT has_column_privilege(v_table, 'id', 'SELECT') THEN
        RAISE EXCEPTION '% may not read the ids of %', current_user, v_name
            USING ERRCODE = 'insufficient_privilege',
                  HINT = format('As its owner: GRANT SELECT (id) ON %s TO %I;', v_name,
                      current_user);
    END IF;
END;
$function$;

COMMENT ON FUNCTION activity_sql.require_users_table() IS
    'Raises undefined_table or insufficient_privilege, with the mend as its hint, unless the '
    'caller may read directus_users.id.';

REVOKE ALL ON FUNCTION activity_sql.require_users_table() FROM PUBLIC;
