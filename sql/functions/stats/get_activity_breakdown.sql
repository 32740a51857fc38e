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
    SET plan_cache_mode = force_generic_plan
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
            cell.actions,
            cell.first_seen,
            cell.last_seen,
            cell.account,
            cell.address
        FROM activity_sql.window_cells(
            v_window, p_moments => true, p_numbered => true
        ) AS cell
    ),
    -- Of a day that is counted already: what is not folded yet.
    late AS MATERIALIZED (
        SELECT DISTINCT cell.date, cell.collection, cell.action
        FROM cells AS cell
        WHERE activity_sql.in_window('d', cell.date, v_window)
    ),
    folded AS MATERIALIZED (
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
        WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window) AND rollup.grain < 'd'
        UNION ALL
        SELECT
            late.date,
            late.collection,
            late.action,
            rollup.actions,
            rollup.first_seen,
            rollup.last_seen,
            rollup.accounts,
            rollup.addresses
        FROM late
        JOIN activity_sql.collection_action_rollup AS rollup
            ON rollup.grain = 'd'
            AND rollup.bucket = late.date
            AND rollup.collection = late.collection
            AND rollup.action = late.action
    ),
    -- In a set of the rollups 0 is none.
    edge_accounts AS (
        SELECT
            member.date,
            member.collection,
            member.action,
            count(*) AS accounts
        FROM (
            SELECT cell.date, cell.collection, cell.action, cell.account
            FROM cells AS cell
            UNION
            SELECT part.date, part.collection, part.action, unnest(part.accounts)
            FROM folded AS part
        ) AS member
        WHERE member.account <> 0
        GROUP BY member.date, member.collection, member.action
    ),
    edge_addresses AS (
        SELECT
            member.date,
            member.collection,
            member.action,
            count(*) AS addresses
        FROM (
            SELECT cell.date, cell.collection, cell.action, cell.address
            FROM cells AS cell
            UNION
            SELECT part.date, part.collection, part.action, unnest(part.addresses)
            FROM folded AS part
        ) AS member
        WHERE member.address <> 0
        GROUP BY member.date, member.collection, member.action
    ),
    edges AS (
        SELECT
            part.date,
            part.collection,
            part.action,
            max(part.new_collection) AS new_collection,
            max(part.new_action) AS new_action,
            sum(part.actions) AS actions,
            min(part.first_seen) AS first_seen,
            max(part.last_seen) AS last_seen
        FROM (
            SELECT
                cell.date,
                cell.collection,
                cell.new_collection,
                cell.action,
                cell.new_action,
                cell.actions,
                cell.first_seen,
                cell.last_seen
            FROM cells AS cell
            UNION ALL
            SELECT
                part.date,
                part.collection,
                NULL,
                part.action,
                NULL,
                part.actions,
                part.first_seen,
                part.last_seen
            FROM folded AS part
        ) AS part
        GROUP BY part.date, part.collection, part.action
    ),
    parts AS (
        SELECT
            rollup.bucket AS date,
            rollup.collection AS collection_id,
            rollup.action AS action_id,
            NULL AS new_collection,
            NULL AS new_action,
            rollup.actions::bigint AS actions,
            rollup.first_seen,
            rollup.last_seen,
            rollup.action_accounts::bigint AS accounts,
            rollup.action_addresses::bigint AS addresses
        FROM activity_sql.collection_action_rollup AS rollup
        WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
            AND rollup.grain = 'd'
            AND NOT EXISTS (
                SELECT
                FROM late
                WHERE late.date = rollup.bucket
                    AND late.collection = rollup.collection
                    AND late.action = rollup.action
            )
        UNION ALL
        SELECT
            date,
            collection,
            action,
            edge.new_collection,
            edge.new_action,
            edge.actions,
            edge.first_seen,
            edge.last_seen,
            coalesce(edge_accounts.accounts, 0),
            coalesce(edge_addresses.addresses, 0)
        FROM edges AS edge
        LEFT JOIN edge_accounts USING (date, collection, action)
        LEFT JOIN edge_addresses USING (date, collection, action)
    )
    SELECT
        coalesce(collection.name, part.new_collection),
        coalesce(action.name, part.new_action),
        part.date,
        part.actions,
        part.accounts,
        part.addresses,
        CASE
            WHEN part.actions > 1 AND isfinite(part.last_seen)
                THEN round(
                    extract(epoch FROM part.last_seen - part.first_seen) / (part.actions - 1), 2
                )
        END
    FROM parts AS part
    LEFT JOIN activity_sql.collection AS collection ON collection.id = part.collection_id
    LEFT JOIN activity_sql.action AS action ON action.id = part.action_id
    ORDER BY
        part.date,
        coalesce(collection.name, part.new_collection) COLLATE "C",
        coalesce(action.name, part.new_action) COLLATE "C";
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
