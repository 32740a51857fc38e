-- Activity per collection, action and calendar day of a time zone.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT.
-- Cost: in the reporting time zone: grows with the days, collections and actions in
-- the window. Other time zones: with the cells of its hours. Zones whose clock is
-- not on the full hour with UTC's: with its rows.
CREATE OR REPLACE FUNCTION {{ directus }}.get_activity_breakdown(
    p_days     integer     DEFAULT 7,
    p_timezone text        DEFAULT 'UTC',
    p_as_of    timestamptz DEFAULT NULL
)
    RETURNS TABLE (
        collection                  text,
        action                      text,
        date                        date,
        count                       bigint,
        unique_users                bigint,
        unique_ips                  bigint,
        avg_seconds_between_actions numeric
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
    v_from   timestamptz;
    v_window activity_sql.window_parts;
BEGIN
    PERFORM activity_sql.require_between('p_days', p_days, 1, 36500,
        'Pass the window in whole days, for example 7.');
    PERFORM activity_sql.require_time_zone('p_timezone', p_timezone);
    v_from := activity_sql.window_start(p_days * 24, p_as_of);
    v_window := activity_sql.split_series(v_from, p_as_of, 'day', p_timezone);

    RETURN QUERY
    WITH cells AS MATERIALIZED (
        SELECT
            (cell.moment AT TIME ZONE p_timezone)::date AS date,
            cell.collection,
            cell.new_collection,
            cell.action,
            cell.new_action,
            sum(cell.actions)::bigint AS actions,
            min(cell.first_seen) AS first_seen,
            max(cell.last_seen) AS last_seen,
            coalesce(
                array_agg(DISTINCT cell.account) FILTER (WHERE cell.account IS NOT NULL), '{}'
            ) AS accounts,
            count(DISTINCT cell.new_user) AS new_users,
            coalesce(
                array_agg(DISTINCT cell.address) FILTER (WHERE cell.address IS NOT NULL), '{}'
            ) AS addresses,
            count(DISTINCT cell.new_ip) AS new_ips
        FROM activity_sql.window_cells(v_window, p_moments => true) AS cell
        GROUP BY 1, cell.collection, cell.new_collection, cell.action, cell.new_action
    ),
    days AS (
        SELECT
            rollup.bucket AS date,
            rollup.collection,
            rollup.action,
            rollup.actions,
            rollup.first_seen,
            rollup.last_seen,
            rollup.accounts,
            rollup.addresses
        FROM activity_sql.collection_action_rollup AS rollup
        WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
    ),
    -- In a set of the rollups 0, which is none, comes first.
    parts AS (
        SELECT
            coalesce(days.date, cells.date) AS date,
            coalesce(collection.name, cells.new_collection) AS collection,
            coalesce(action.name, cells.new_action) AS action,
            coalesce(days.actions, 0) + coalesce(cells.actions, 0) AS actions,
            least(days.first_seen, cells.first_seen) AS first_seen,
            greatest(days.last_seen, cells.last_seen) AS last_seen,
            CASE
                WHEN cells.date IS NULL THEN days.accounts
                WHEN days.date IS NULL THEN cells.accounts
                ELSE activity_sql.union_of(days.accounts, cells.accounts)
            END AS accounts,
            coalesce(cells.new_users, 0) AS new_users,
            CASE
                WHEN cells.date IS NULL THEN days.addresses
                WHEN days.date IS NULL THEN cells.addresses
                ELSE activity_sql.union_of(days.addresses, cells.addresses)
            END AS addresses,
            coalesce(cells.new_ips, 0) AS new_ips
        FROM days
        FULL JOIN cells ON cells.date = days.date
            AND cells.collection = days.collection
            AND cells.action = days.action
        LEFT JOIN activity_sql.collection AS collection
            ON collection.id = coalesce(days.collection, cells.collection)
        LEFT JOIN activity_sql.action AS action
            ON action.id = coalesce(days.action, cells.action)
    )
    SELECT
        part.collection,
        part.action,
        part.date,
        part.actions,
        cardinality(part.accounts) - (part.accounts[1] IS NOT DISTINCT FROM 0)::integer
            + part.new_users,
        cardinality(part.addresses) - (part.addresses[1] IS NOT DISTINCT FROM 0)::integer
            + part.new_ips,
        CASE
            WHEN part.actions > 1 AND isfinite(part.last_seen)
                THEN round(
                    extract(epoch FROM part.last_seen - part.first_seen) / (part.actions - 1), 2
                )
        END
    FROM parts AS part
    ORDER BY part.date, part.collection COLLATE "C", part.action COLLATE "C";
END;
$function$;

COMMENT ON FUNCTION {{ directus }}.get_activity_breakdown(integer, text, timestamptz) IS
    'Activity per collection, action and date over the last p_days days (24 hours each), by date, '
    'then collection, then action; no row where nothing happened. date is a day of p_timezone, an '
    'IANA name. count: rows; distinct users and addresses; avg_seconds_between_actions: (last - '
    'first) / (count - 1) in seconds, two digits, NULL for a single row. With p_as_of the window '
    'is [p_as_of - p_days, p_as_of), without it everything since now() - p_days: the first and the '
    'last date may be cut. Raises invalid_parameter_value for an argument out of range, '
    'object_not_in_prerequisite_state where days of another zone than the rollups'' are asked for '
    'that are no longer kept.';

REVOKE ALL ON FUNCTION {{ directus }}.get_activity_breakdown(integer, text, timestamptz)
    FROM PUBLIC;
