-- The items that changed most in the last p_days days.
--
-- Items are too many to keep figures of, so the rows of the window are read. First
-- by user, since counting distinct users at once would sort all of them.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT.
-- Cost: reads every row of the window, as plain SQL would.
CREATE OR REPLACE FUNCTION {{ directus }}.get_top_items(
    p_days       integer     DEFAULT 7,
    p_collection text        DEFAULT NULL,
    p_limit      integer     DEFAULT 50,
    p_as_of      timestamptz DEFAULT NULL
)
    RETURNS TABLE (
        collection  text,
        item        text,
        changes     bigint,
        editors     bigint,
        last_change timestamptz
    )
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    v_from             timestamptz;
    v_excluded_actions text[];
    v_excluded_users   uuid[];
BEGIN
    PERFORM activity_sql.require_between('p_days', p_days, 1, 36500,
        'Pass the window in whole days, for example 7.');
    PERFORM activity_sql.require_between('p_limit', coalesce(p_limit, 1), 1, 100000,
        'Pass NULL for all.');
    v_from := activity_sql.window_start(p_days * 24, p_as_of);
    SELECT mark.excluded_actions, mark.excluded_users
    INTO v_excluded_actions, v_excluded_users
    FROM activity_sql.watermark AS mark;

    RETURN QUERY
    WITH per_user AS (
        SELECT
            activity.collection,
            activity.item,
            activity."user",
            count(*)::integer AS changes,
            max(activity."timestamp") AS last_change
        FROM {{ directus }}.directus_activity AS activity
        WHERE activity."timestamp" >= v_from
            AND (p_as_of IS NULL OR activity."timestamp" < p_as_of)
            AND (p_collection IS NULL OR activity.collection = p_collection)
            AND activity.action IN ('create', 'update', 'delete', 'revert', 'version_save')
            AND activity.action <> ALL (v_excluded_actions)
            AND (activity."user" IS NULL OR activity."user" <> ALL (v_excluded_users))
        GROUP BY activity.collection, activity.item, activity."user"
    )
    SELECT
        per_user.collection::text,
        per_user.item::text,
        sum(per_user.changes),
        count(per_user."user"),
        max(per_user.last_change)
    FROM per_user
    GROUP BY per_user.collection, per_user.item
    ORDER BY
        sum(per_user.changes) DESC,
        per_user.collection COLLATE "C",
        per_user.item COLLATE "C"
    LIMIT p_limit;
END;
$function$;

COMMENT ON FUNCTION {{ directus }}.get_top_items(integer, text, integer, timestamptz) IS
    'The items with the most changes in the last p_days days (24 hours each), of p_collection or '
    '(NULL) of all, at most p_limit rows (NULL: all). changes: rows with action create, update, '
    'delete, revert or version_save; editors: their distinct users. By changes descending, then '
    'collection and item. With p_as_of the window is [p_as_of - p_days, p_as_of), without it '
    'everything since now() - p_days. Read from directus_activity, so as far back as its rows are '
    'there, and in time that grows with the rows of the window. Raises invalid_parameter_value '
    'for an argument out of range.';

REVOKE ALL ON FUNCTION {{ directus }}.get_top_items(integer, text, integer, timestamptz)
    FROM PUBLIC;
