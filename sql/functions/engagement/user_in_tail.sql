-- Whether a user acted since the last fold.
--
-- Why a function: who asks keeps its plan, and with an unknown watermark that would be to read all
-- of directus_activity; this plans for the watermark at hand.
--
-- Locks: ACCESS SHARE on directus_activity. Cost: reads the rows that no fold has seen.
CREATE OR REPLACE FUNCTION activity_sql.user_in_tail(p_user uuid)
    RETURNS boolean
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
DECLARE
    v_settled          bigint;
    v_excluded_actions text[];
BEGIN
    SELECT mark.settled_id, mark.excluded_actions
    INTO v_settled, v_excluded_actions
    FROM activity_sql.watermark AS mark;

    RETURN EXISTS (
        SELECT
        FROM {{ directus }}.directus_activity AS activity
        WHERE (v_settled IS NULL OR activity.id > v_settled)
            AND activity."user" = p_user
            AND activity.action <> ALL (v_excluded_actions)
    );
END;
$function$;

COMMENT ON FUNCTION activity_sql.user_in_tail(uuid) IS
    'Whether p_user has a row above the watermark whose action is not excluded.';

REVOKE ALL ON FUNCTION activity_sql.user_in_tail(uuid) FROM PUBLIC;
