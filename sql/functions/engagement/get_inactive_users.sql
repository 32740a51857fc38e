-- Users without activity in the last p_days days, longest silent first.
--
-- Everything ever folded, and the tail, is one window that begins with time itself:
-- who was last seen in it before the last p_days days has no activity in those.
--
-- Locks: ACCESS SHARE on directus_activity and directus_users, as any SELECT.
-- Cost: grows with the users and the months of activity.
CREATE OR REPLACE FUNCTION {{ directus }}.get_inactive_users(
    p_days  integer     DEFAULT 90,
    p_as_of timestamptz DEFAULT NULL
)
    RETURNS TABLE (
        user_id       uuid,
        last_seen     timestamptz,
        days_inactive bigint
    )
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    SET plan_cache_mode = force_generic_plan
    SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    v_from           timestamptz;
    v_window         activity_sql.window_parts;
    v_excluded_users uuid[];
BEGIN
    PERFORM activity_sql.require_between('p_days', p_days, 1, 36500,
        'Pass the window in whole days, for example 90.');
    v_from := activity_sql.window_start(p_days * 24, p_as_of);
    PERFORM activity_sql.require_users_table();
    v_window := activity_sql.split_window('-infinity', p_as_of);
    SELECT mark.excluded_users
    INTO v_excluded_users
    FROM activity_sql.watermark AS mark;

    RETURN QUERY
    WITH seen AS (
        SELECT part.user_id, max(part.last_seen) AS last_seen
        FROM (
            SELECT account.user_id, known.last_seen
            FROM (
                SELECT rollup.account, max(rollup.last_seen) AS last_seen
                FROM activity_sql.account_rollup AS rollup
                WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
                GROUP BY rollup.account
            ) AS known
            JOIN activity_sql.account AS account ON account.id = known.account
            UNION ALL
            SELECT coalesce(account.user_id, cell.new_user), cell.last_seen
            FROM activity_sql.window_cells(v_window) AS cell
            LEFT JOIN activity_sql.account AS account ON account.id = cell.account
        ) AS part
        GROUP BY part.user_id
    )
    SELECT
        users.id,
        seen.last_seen,
        CASE
            WHEN isfinite(seen.last_seen)
                THEN extract(day FROM coalesce(p_as_of, now()) - seen.last_seen)::bigint
        END
    FROM {{ directus }}.directus_users AS users
    LEFT JOIN seen ON seen.user_id = users.id
    WHERE (seen.last_seen IS NULL OR seen.last_seen < v_from)
        AND users.id <> ALL (v_excluded_users)
    ORDER BY seen.last_seen NULLS FIRST, users.id;
END;
$function$;

COMMENT ON FUNCTION {{ directus }}.get_inactive_users(integer, timestamptz) IS
    'Users of directus_users without activity in the last p_days days (24 hours each), longest '
    'silent first, those never seen before all others. With p_as_of the window is [p_as_of - '
    'p_days, p_as_of), and last_seen is the last activity before p_as_of, whatever came later; '
    'without it, the last of all. last_seen goes back as far as anything was ever folded, also to '
    'rows that retention deleted since; NULL: never seen. days_inactive: whole days of 24 hours '
    'from last_seen to p_as_of or now; NULL if never seen. Users whose activity is excluded are '
    'left out. Raises invalid_parameter_value for an argument out of range, undefined_table or '
    'insufficient_privilege where directus_users cannot be read.';

REVOKE ALL ON FUNCTION {{ directus }}.get_inactive_users(integer, timestamptz) FROM PUBLIC;
