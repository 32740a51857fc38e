-- Rows per hour and action of the last p_hours hours.
--
-- Of the hours' arrays only two are unpacked.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT.
-- Cost: grows with the cells of the window's hours.
CREATE OR REPLACE FUNCTION {{ directus }}.get_hourly_activity(
    p_hours  integer     DEFAULT 24,
    p_action text        DEFAULT NULL,
    p_as_of  timestamptz DEFAULT NULL
)
    RETURNS TABLE (
        hour   timestamptz,
        action text,
        count  bigint
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
    v_from   timestamptz;
    v_window activity_sql.window_parts;
BEGIN
    PERFORM activity_sql.require_between('p_hours', p_hours, 1, 876000,
        'Pass the window in whole hours, for example 24.');
    v_from := activity_sql.window_start(p_hours, p_as_of);
    v_window := activity_sql.split_window(v_from, p_as_of, 'hour');

    RETURN QUERY
    WITH parts AS MATERIALIZED (
        SELECT
            hour_cell.hour,
            hour_cell.action,
            NULL::text AS new_action,
            hour_cell.actions
        FROM (
            SELECT
                hourly.hour,
                unnest(hourly.per_action) AS action,
                unnest(hourly.per_action_actions) AS actions
            FROM activity_sql.activity_hour AS hourly
            WHERE activity_sql.hour_in_window(hourly.hour, v_window)
        ) AS hour_cell
        UNION ALL
        SELECT activity_sql.hour_of(cell.moment), cell.action, cell.new_action, cell.actions
        FROM activity_sql.window_rows(
            v_window, p_moments => true, p_addresses => false, p_numbered => true
        ) AS cell
    ),
    kinds AS MATERIALIZED (
        SELECT seen.action, coalesce(action.name, seen.new_action) AS name
        FROM (
            SELECT DISTINCT part.action, part.new_action
            FROM parts AS part
        ) AS seen
        LEFT JOIN activity_sql.action AS action ON action.id = seen.action
        WHERE p_action IS NULL OR coalesce(action.name, seen.new_action) = p_action
    )
    SELECT slot.hour, kind.name, slot.actions
    FROM (
        SELECT part.hour, part.action, sum(part.actions) AS actions
        FROM (
            SELECT part.hour, part.action, part.actions
            FROM parts AS part
            UNION ALL
            SELECT gap.hour, seen.action, 0
            FROM activity_sql.calendar_buckets(
                v_from, coalesce(p_as_of, now() + interval '1 microsecond'), 'hour', 'UTC'
            ) AS gap (hour)
            CROSS JOIN kinds AS seen
        ) AS part
        GROUP BY part.hour, part.action
    ) AS slot
    JOIN kinds AS kind ON kind.action = slot.action
    ORDER BY slot.hour, kind.name COLLATE "C";
END;
$function$;

COMMENT ON FUNCTION {{ directus }}.get_hourly_activity(integer, text, timestamptz) IS
    'Rows per UTC hour and action over the last p_hours hours, by hour, then action; of one action '
    'where p_action is given. Each action that occurs in the window has a row for every hour up to '
    'now or p_as_of, 0 where nothing happened; later hours appear only where rows are. With p_as_of '
    'the window is [p_as_of - p_hours, p_as_of), without it everything since now() - p_hours: the '
    'first and the last hour may be cut. Raises invalid_parameter_value for an argument out of '
    'range, object_not_in_prerequisite_state for hours that are no longer kept.';

REVOKE ALL ON FUNCTION {{ directus }}.get_hourly_activity(integer, text, timestamptz)
    FROM PUBLIC;
