-- The last 24 hours by the hour, for the dashboard.
--
-- Locks: ACCESS SHARE. Cost: the cells of a day.
CREATE OR REPLACE FUNCTION activity_sql.hourly_summary(p_as_of timestamptz)
    RETURNS jsonb
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
    SET jit = off
    SET "TimeZone" = 'UTC'
AS $function$
DECLARE
    v_from   timestamptz := activity_sql.window_start(24, p_as_of);
    v_window activity_sql.window_parts := activity_sql.split_window(v_from, p_as_of, 'hour');
BEGIN
    RETURN (
        WITH cells AS MATERIALIZED (
            SELECT
                activity_sql.hour_of(cell.moment) AS hour,
                cell.action,
                cell.new_action,
                cell.account,
                cell.new_user,
                sum(cell.actions) AS actions
            FROM activity_sql.window_cells(v_window, p_moments => true) AS cell
            GROUP BY 1, 2, 3, 4, 5
        ),
        hours AS (
            SELECT filled.hour
            FROM generate_series(
                activity_sql.hour_of(v_from),
                coalesce(p_as_of, now()) - interval '1 microsecond',
                interval '1 hour'
            ) AS filled (hour)
            UNION
            SELECT cell.hour
            FROM cells AS cell
        ),
        totals AS (
            SELECT
                per_user.hour,
                sum(per_user.actions) AS actions,
                count(per_user.account) + count(per_user.new_user) AS users
            FROM (
                SELECT cell.hour, cell.account, cell.new_user, sum(cell.actions) AS actions
                FROM cells AS cell
                GROUP BY cell.hour, cell.account, cell.new_user
            ) AS per_user
            GROUP BY per_user.hour
        ),
        breakdowns AS (
            SELECT per_action.hour, jsonb_object_agg(per_action.action, per_action.actions) AS actions
            FROM (
                SELECT
                    cell.hour,
                    coalesce(action.name, cell.new_action) AS action,
                    sum(cell.actions) AS actions
                FROM cells AS cell
                LEFT JOIN activity_sql.action AS action ON action.id = cell.action
                GROUP BY cell.hour, coalesce(action.name, cell.new_action)
            ) AS per_action
            GROUP BY per_action.hour
        )
        SELECT coalesce(jsonb_agg(
            jsonb_build_object(
                'timestamp', CASE
                    WHEN isfinite(hour.hour)
                        THEN to_char(hour.hour, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
                    ELSE hour.hour::text
                END,
                'total', coalesce(total.actions, 0),
                'uniqueUsers', coalesce(total.users, 0),
                'byAction', coalesce(breakdown.actions, '{}')
            )
            ORDER BY hour.hour
        ), '[]')
        FROM hours AS hour
        LEFT JOIN totals AS total ON total.hour = hour.hour
        LEFT JOIN breakdowns AS breakdown ON breakdown.hour = hour.hour
    );
END;
$function$;

COMMENT ON FUNCTION activity_sql.hourly_summary(timestamptz) IS
    'The 24 hours before p_as_of (NULL: now, and what is stamped later) by UTC hour, oldest first, '
    'the first and last cut: [{timestamp, total, uniqueUsers, byAction}].';

REVOKE ALL ON FUNCTION activity_sql.hourly_summary(timestamptz) FROM PUBLIC;
