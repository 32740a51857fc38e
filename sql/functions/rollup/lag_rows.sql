-- How many rows answers still have to read from directus_activity.
--
-- Locks: ACCESS SHARE on directus_activity. Cost: grows with that number.
CREATE OR REPLACE FUNCTION activity_sql.lag_rows(p_settled_id bigint)
    RETURNS bigint
    LANGUAGE plpgsql
    STABLE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
BEGIN
    RETURN (
        SELECT count(*)
        FROM {{ directus }}.directus_activity AS activity
        WHERE p_settled_id IS NULL OR activity.id > p_settled_id
    );
END;
$function$;

COMMENT ON FUNCTION activity_sql.lag_rows(bigint) IS
    'The number of visible rows with an id above p_settled_id; all of them for NULL.';

REVOKE ALL ON FUNCTION activity_sql.lag_rows(bigint) FROM PUBLIC;
