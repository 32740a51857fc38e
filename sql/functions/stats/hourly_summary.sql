-- The last 24 hours by the hour, for the dashboard.
--
-- Locks: ACCESS SHARE. Cost: the cells of a day.
CREATE OR REPLACE FUNCTION activity_sql.hourly_summary(p_as_of timestamptz)
    RETURNS jsonb
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
    SET jit = off
    SET "TimeZone" = 'UTC'
AS $function$
DECLARE
    v_from   timestamptz := activity_sql.window_start(24, p_as_of);
    v_window activity_sql.window_parts := activity_sql.split_window(v_from, p_as_of, 'hour');
BEGIN
    RETURN (
        WITH rows AS MATERIALIZED (
            SELECT
                activity_sql.hour_of(cell.moment) AS hour,
                cell.action,
                cell.new_action,
                cell.account,
                cell.actions
            FROM activity_sql.window_rows(
                v_window, p_moments => true, p_addresses => false, p_numbered => true
            ) AS cell
        ),
        users AS (
            SELECT acting.hour, count(nullif(acting.account, 0)) AS users
            FROM (
                SELECT hourly.hour, unnest(hourly.per_account) AS account
                FROM activity_sql.activity_hour AS hourly
                WHERE activity_sql.hour_in_window(hourly.hour, v_window)
                UNION
                SELECT cell.hour, cell.account
                FROM rows AS cell
            ) AS acting
            GROUP BY acting.hour
        ),
        parts AS (
            SELECT
                part.hour,
                part.action,
                max(part.new_action) AS new_action,
                sum(part.actions) AS actions
            FROM (
                SELECT
                    hourly.hour,
                    unnest(hourly.per_action) AS action,
                    NULL::text AS new_action,
                    unnest(hourly.per_action_actions) AS actions
                FROM activity_sql.activity_hour AS hourly
                WHERE activity_sql.hour_in_window(hourly.hour, v_window)
                UNION ALL
                SELECT cell.hour, cell.action, cell.new_action, cell.actions
                FROM rows AS cell
            ) AS part
            GROUP BY part.hour, part.action
        ),
        breakdowns AS MATERIALIZED (
            SELECT
                part.hour,
                sum(part.actions) AS total,
                jsonb_object_agg(coalesce(action.name, part.new_action), part.actions) AS actions
            FROM parts AS part
            LEFT JOIN activity_sql.action AS action ON action.id = part.action
            GROUP BY part.hour
        ),
        hours AS (
            SELECT filled.hour
            FROM generate_series(
                activity_sql.hour_of(v_from),
                coalesce(p_as_of, now()) - interval '1 microsecond',
                interval '1 hour'
            ) AS filled (hour)
            UNION
            SELECT breakdown.hour
            FROM breakdowns AS breakdown
        )
        SELECT coalesce(jsonb_agg(
            jsonb_build_object(
                'timestamp', CASE
                    WHEN isfinite(hour.hour)
                        THEN to_char(hour.hour, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
                    ELSE hour.hour::text
                END,
                'total', coalesce(breakdown.total, 0),
                'uniqueUsers', coalesce(users.users, 0),
                'byAction', coalesce(breakdown.actions, '{}')
            )
            ORDER BY hour.hour
        ), '[]')
        FROM hours AS hour
        LEFT JOIN users ON users.hour = hour.hour
        LEFT JOIN breakdowns AS breakdown ON breakdown.hour = hour.hour
    );
END;
$function$;

COMMENT ON FUNCTION activity_sql.hourly_summary(timestamptz) IS
    'The 24 hours before p_as_of (NULL: now, and what is stamped later) by UTC hour, oldest first, '
    'the first and last cut: [{timestamp, total, uniqueUsers, byAction}].';

REVOKE ALL ON FUNCTION activity_sql.hourly_summary(timestamptz) FROM PUBLIC;
