-- Rows per hour and action of the last p_hours hours.
--
-- An hour keeps its actions and their counts as two arrays, each action once: a count is looked up
-- by its place, for every hour and action shown. What is cut or not folded yet is put into the same
-- shape.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT.
-- Cost: grows with the window's hours, times the actions shown, and the cells of two of them.
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
    v_until  timestamptz := coalesce(p_as_of, now() + interval '1 microsecond');
    v_window activity_sql.window_parts;
    v_action integer;
BEGIN
    PERFORM activity_sql.require_between('p_hours', p_hours, 1, 876000,
        'Pass the window in whole hours, for example 24.');
    v_from := activity_sql.window_start(p_hours, p_as_of);
    v_window := activity_sql.split_window(v_from, p_as_of, 'hour');
    v_action := (
        SELECT action.id FROM activity_sql.action AS action WHERE action.name = p_action
    );

    RETURN QUERY
    WITH hours AS MATERIALIZED (
        SELECT hourly.hour, hourly.per_action AS actions, hourly.per_action_actions AS counts
        FROM activity_sql.activity_hour AS hourly
        WHERE activity_sql.hour_in_window(hourly.hour, v_window)
    ),
    rests AS MATERIALIZED (
        SELECT
            part.hour,
            array_agg(part.action) AS actions,
            array_agg(part.count) AS counts,
            array_agg(part.new_action) AS new_actions
        FROM (
            SELECT
                activity_sql.hour_of(cell.moment) AS hour,
                cell.action,
                cell.new_action,
                sum(cell.actions) AS count
            FROM activity_sql.window_rows(
                v_window,
                p_moments => true,
                p_action => p_action,
                p_addresses => false,
                p_numbered => true
            ) AS cell
            GROUP BY activity_sql.hour_of(cell.moment), cell.action, cell.new_action
        ) AS part
        GROUP BY part.hour
    ),
    kinds AS MATERIALIZED (
        SELECT seen.action, coalesce(action.name, seen.new_action) AS name
        FROM (
            SELECT
                unnest(
                    CASE
                        WHEN p_action IS NULL THEN whole.actions
                        WHEN v_action = ANY (whole.actions) THEN ARRAY[v_action]
                    END
                ) AS action,
                NULL::text AS new_action
            FROM hours AS whole
            UNION
            SELECT unnest(rest.actions), unnest(rest.new_actions)
            FROM rests AS rest
        ) AS seen
        LEFT JOIN activity_sql.action AS action ON action.id = seen.action
    ),
    counts AS (
        SELECT
            hour,
            kind.name,
            whole.counts[array_position(whole.actions, kind.action)] AS folded,
            rest.counts[array_position(rest.actions, kind.action)] AS other
        FROM generate_series(activity_sql.hour_of(v_from), v_until, interval '1 hour') AS gap (hour)
        FULL JOIN hours AS whole USING (hour)
        FULL JOIN rests AS rest USING (hour)
        CROSS JOIN kinds AS kind
    )
    SELECT counted.hour, counted.name, coalesce(counted.folded, 0) + coalesce(counted.other, 0)
    FROM counts AS counted
    WHERE counted.hour < v_until OR num_nonnulls(counted.folded, counted.other) > 0
    ORDER BY counted.hour, counted.name COLLATE "C";
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
