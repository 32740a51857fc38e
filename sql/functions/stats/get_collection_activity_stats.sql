-- Activity per collection of the last p_days days, busiest first.
--
-- Users and addresses of a collection are counted from the sets of collections, as
-- bits, of every user and address: ORed over the days, then counted bit by bit.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT.
-- Cost: grows with the days, users and addresses in the window, not with its rows.
CREATE OR REPLACE FUNCTION {{ directus }}.get_collection_activity_stats(
    p_days  integer     DEFAULT 7,
    p_as_of timestamptz DEFAULT NULL
)
    RETURNS TABLE (
        collection     text,
        activity_count bigint,
        unique_users   bigint,
        unique_ips     bigint,
        last_activity  timestamptz
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
    v_from := activity_sql.window_start(p_days * 24, p_as_of);
    v_window := activity_sql.split_window(v_from, p_as_of);

    RETURN QUERY
    WITH cells AS MATERIALIZED (
        SELECT
            cell.address,
            cell.new_ip,
            cell.account,
            cell.new_user,
            cell.collection,
            cell.new_collection,
            cell.actions,
            cell.last_seen
        FROM activity_sql.window_cells(v_window) AS cell
    ),
    totals AS (
        SELECT
            part.collection,
            part.new_collection,
            sum(part.actions)::bigint AS actions,
            max(part.last_seen) AS last_seen
        FROM (
            SELECT
                rollup.collection, NULL::text AS new_collection, rollup.actions, rollup.last_seen
            FROM activity_sql.collection_action_rollup AS rollup
            WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
            UNION ALL
            SELECT cell.collection, cell.new_collection, cell.actions, cell.last_seen
            FROM cells AS cell
        ) AS part
        GROUP BY part.collection, part.new_collection
    ),
    users AS (
        SELECT collection.id AS collection, count(*) AS users
        FROM (
            SELECT part.word, bit_or(part.collections) AS collections
            FROM (
                SELECT rollup.account, rollup.word, rollup.collections
                FROM activity_sql.account_rollup AS rollup
                WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
                UNION ALL
                SELECT cell.account, cell.collection >> 6, 1::bigint << (cell.collection & 63)
                FROM cells AS cell
                WHERE cell.account IS NOT NULL AND cell.collection IS NOT NULL
            ) AS part
            GROUP BY part.account, part.word
        ) AS bits
        JOIN activity_sql.collection AS collection ON collection.id >> 6 = bits.word
        WHERE bits.collections >> (collection.id & 63) & 1 = 1
        GROUP BY collection.id
    ),
    addresses AS (
        SELECT collection.id AS collection, count(*) AS addresses
        FROM (
            SELECT part.word, bit_or(part.collections) AS collections
            FROM (
                SELECT rollup.address, rollup.word, rollup.collections
                FROM activity_sql.address_rollup AS rollup
                WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
                UNION ALL
                SELECT cell.address, cell.collection >> 6, 1::bigint << (cell.collection & 63)
                FROM cells AS cell
                WHERE cell.address IS NOT NULL AND cell.collection IS NOT NULL
            ) AS part
            GROUP BY part.address, part.word
        ) AS bits
        JOIN activity_sql.collection AS collection ON collection.id >> 6 = bits.word
        WHERE bits.collections >> (collection.id & 63) & 1 = 1
        GROUP BY collection.id
    ),
    -- Who or what has no number has no bits either.
    newcomers AS (
        SELECT
            coalesce(collection.name, cell.new_collection) AS collection,
            count(DISTINCT cell.new_user)
                + count(DISTINCT cell.account) FILTER (WHERE cell.new_collection IS NOT NULL)
                AS users,
            count(DISTINCT cell.new_ip)
                + count(DISTINCT cell.address) FILTER (WHERE cell.new_collection IS NOT NULL)
                AS addresses
        FROM cells AS cell
        LEFT JOIN activity_sql.collection AS collection ON collection.id = cell.collection
        WHERE num_nonnulls(cell.new_user, cell.new_ip, cell.new_collection) > 0
        GROUP BY coalesce(collection.name, cell.new_collection)
    )
    SELECT
        named.collection,
        totals.actions,
        coalesce(users.users, 0) + coalesce(newcomers.users, 0),
        coalesce(addresses.addresses, 0) + coalesce(newcomers.addresses, 0),
        totals.last_seen
    FROM totals
    LEFT JOIN activity_sql.collection AS collection ON collection.id = totals.collection
    CROSS JOIN LATERAL coalesce(collection.name, totals.new_collection) AS named (collection)
    LEFT JOIN users ON users.collection = totals.collection
    LEFT JOIN addresses ON addresses.collection = totals.collection
    LEFT JOIN newcomers ON newcomers.collection = named.collection
    ORDER BY totals.actions DESC, named.collection COLLATE "C";
END;
$function$;

COMMENT ON FUNCTION {{ directus }}.get_collection_activity_stats(integer, timestamptz) IS
    'Activity per collection over the last p_days days (24 hours each), busiest first, then by '
    'name: rows, distinct users and addresses (rows without one count as activity only), and the '
    'last row''s time. A collection without activity forms no row. With p_as_of the window is '
    '[p_as_of - p_days, p_as_of), without it everything since now() - p_days. Raises '
    'invalid_parameter_value for an argument out of range.';

REVOKE ALL ON FUNCTION {{ directus }}.get_collection_activity_stats(integer, timestamptz)
    FROM PUBLIC;
