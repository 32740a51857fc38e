-- Which user agents acted in which hour, for the last 8 days only: nothing older
-- is ever asked, and the strings are long.
--
-- Locks: ACCESS SHARE on directus_activity; the caller holds the watermark's row.
-- Cost: reads the rows of the last 8 days among the ids.
CREATE OR REPLACE FUNCTION activity_sql.fold_user_agents(p_after bigint, p_to bigint)
    RETURNS void
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    v_since            timestamptz := activity_sql.hour_of(now() - interval '192 hours');
    v_excluded_actions text[];
    v_excluded_users   uuid[];
BEGIN
    SELECT mark.excluded_actions, mark.excluded_users
    INTO v_excluded_actions, v_excluded_users
    FROM activity_sql.watermark AS mark;

    DELETE FROM activity_sql.user_agent_hour AS counted
    WHERE counted.hour < v_since;

    WITH counts AS MATERIALIZED (
        SELECT
            activity_sql.hour_of(activity."timestamp") AS hour,
            activity.collection::text COLLATE "C" AS collection,
            activity.action::text COLLATE "C" AS action,
            activity.user_agent::text COLLATE "C" AS user_agent,
            count(*)::integer AS actions
        FROM {{ directus }}.directus_activity AS activity
        WHERE activity.id > p_after
            AND activity.id <= p_to
            AND activity."timestamp" >= v_since
            AND activity.user_agent IS NOT NULL
            AND activity.action <> ALL (v_excluded_actions)
            AND (activity."user" IS NULL OR activity."user" <> ALL (v_excluded_users))
        GROUP BY 1, 2, 3, 4
    ),
    new_agents AS (
        INSERT INTO activity_sql.user_agent (name)
        SELECT DISTINCT counts.user_agent
        FROM counts
        LEFT JOIN activity_sql.user_agent AS known ON known.name = counts.user_agent
        WHERE known.id IS NULL
        RETURNING id, name
    )
    INSERT INTO activity_sql.user_agent_hour AS counted (
        hour, collection, action, user_agent, actions
    )
    SELECT counts.hour, collection.id, action.id, agent.id, counts.actions
    FROM counts
    JOIN activity_sql.collection AS collection ON collection.name = counts.collection
    JOIN activity_sql.action AS action ON action.name = counts.action
    JOIN (
        SELECT known.id, known.name FROM activity_sql.user_agent AS known
        UNION ALL
        SELECT added.id, added.name FROM new_agents AS added
    ) AS agent ON agent.name = counts.user_agent
    ON CONFLICT (hour, collection, action, user_agent) DO UPDATE SET
        actions = counted.actions + EXCLUDED.actions;
END;
$function$;

COMMENT ON FUNCTION activity_sql.fold_user_agents(bigint, bigint) IS
    'Counts the user agents of the rows with p_after < id <= p_to and of the last 8 days, and '
    'forgets older ones.';

REVOKE ALL ON FUNCTION activity_sql.fold_user_agents(bigint, bigint) FROM PUBLIC;
