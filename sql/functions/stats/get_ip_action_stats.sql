-- What each IP address did in the last p_days days, action by action, most frequent first.
--
-- Which pairs of address and action are the most frequent is decided on counts alone;
-- only theirs are looked up further. An address, collection or action that no fold
-- has seen yet has no number but its text, in new_*.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT.
-- Cost: grows with the days and addresses in the window, not with its rows.
CREATE OR REPLACE FUNCTION {{ directus }}.get_ip_action_stats(
    p_days      integer     DEFAULT 30,
    p_min_count integer     DEFAULT 10,
    p_limit     integer     DEFAULT 100,
    p_as_of     timestamptz DEFAULT NULL
)
    RETURNS TABLE (
        ip                   varchar(50),
        action               text,
        action_count         bigint,
        collections_accessed bigint,
        first_seen           timestamptz,
        last_seen            timestamptz
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
    PERFORM activity_sql.require_between('p_min_count', p_min_count, 1, 2147483647,
        'Pass 1 for every address.');
    PERFORM activity_sql.require_between('p_limit', coalesce(p_limit, 1), 1, 100000,
        'Pass NULL for all.');
    v_from := activity_sql.window_start(p_days * 24, p_as_of);
    v_window := activity_sql.split_window(v_from, p_as_of);

    RETURN QUERY
    WITH cells AS MATERIALIZED (
        SELECT
            coalesce(cell.address, 0) AS address,
            coalesce(cell.new_ip, '') AS new_ip,
            cell.collection,
            cell.new_collection,
            coalesce(cell.action, 0) AS action,
            coalesce(cell.new_action, '') AS new_action,
            cell.actions,
            cell.first_seen,
            cell.last_seen
        FROM activity_sql.window_cells(v_window) AS cell
        WHERE cell.address IS NOT NULL OR cell.new_ip IS NOT NULL
    ),
    pairs AS MATERIALIZED (
        SELECT
            part.address,
            part.new_ip,
            part.action,
            part.new_action,
            sum(part.actions)::bigint AS actions
        FROM (
            SELECT
                pair.address,
                '' AS new_ip,
                pair.action,
                '' AS new_action,
                sum(pair.actions) AS actions
            FROM (
                SELECT
                    rollup.address,
                    unnest(rollup.per_action) AS action,
                    unnest(rollup.per_action_actions) AS actions
                FROM activity_sql.address_rollup AS rollup
                WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
            ) AS pair
            GROUP BY pair.address, pair.action
            UNION ALL
            SELECT cell.address, cell.new_ip, cell.action, cell.new_action, sum(cell.actions)
            FROM cells AS cell
            GROUP BY cell.address, cell.new_ip, cell.action, cell.new_action
        ) AS part
        GROUP BY part.address, part.new_ip, part.action, part.new_action
    ),
    contenders AS (
        SELECT pair.address, pair.new_ip, pair.action, pair.new_action, pair.actions
        FROM pairs AS pair
        WHERE pair.actions >= p_min_count
            OR (pair.address, pair.new_ip) IN (
                SELECT pair.address, pair.new_ip
                FROM pairs AS pair
                GROUP BY pair.address, pair.new_ip
                HAVING sum(pair.actions) >= p_min_count
            )
        ORDER BY pair.actions DESC
        FETCH FIRST coalesce(p_limit, 2147483647) ROWS WITH TIES
    ),
    leaders AS MATERIALIZED (
        SELECT
            contender.address,
            contender.new_ip,
            contender.action,
            contender.new_action,
            coalesce(address.ip, contender.new_ip) AS ip,
            coalesce(action.name, contender.new_action) AS name,
            contender.actions
        FROM contenders AS contender
        LEFT JOIN activity_sql.address AS address ON address.id = contender.address
        LEFT JOIN activity_sql.action AS action ON action.id = contender.action
        ORDER BY
            contender.actions DESC,
            coalesce(address.ip, contender.new_ip) COLLATE "C",
            coalesce(action.name, contender.new_action) COLLATE "C"
        LIMIT p_limit
    ),
    words AS (
        SELECT
            rollup.address,
            '' AS new_ip,
            leader.action,
            '' AS new_action,
            rollup.word,
            NULL::text AS new_collection,
            bit_or(rollup.per_action_collections[place.number]) AS collections,
            min(rollup.per_action_first_seen[place.number]) AS first_seen,
            max(rollup.per_action_last_seen[place.number]) AS last_seen
        FROM leaders AS leader
        JOIN activity_sql.address_rollup AS rollup ON rollup.address = leader.address
        CROSS JOIN LATERAL array_position(rollup.per_action, leader.action) AS place (number)
        WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
            AND place.number IS NOT NULL
        GROUP BY rollup.address, leader.action, rollup.word
        UNION ALL
        SELECT
            cell.address,
            cell.new_ip,
            cell.action,
            cell.new_action,
            cell.collection >> 6,
            cell.new_collection,
            bit_or(1::bigint << (cell.collection & 63)),
            min(cell.first_seen),
            max(cell.last_seen)
        FROM leaders AS leader
        JOIN cells AS cell USING (address, new_ip, action, new_action)
        GROUP BY
            cell.address, cell.new_ip, cell.action, cell.new_action, cell.collection >> 6,
            cell.new_collection
    ),
    details AS (
        SELECT
            word.address,
            word.new_ip,
            word.action,
            word.new_action,
            sum(word.collections)::bigint AS collections,
            min(word.first_seen) AS first_seen,
            max(word.last_seen) AS last_seen
        FROM (
            SELECT
                word.address,
                word.new_ip,
                word.action,
                word.new_action,
                CASE
                    WHEN word.new_collection IS NOT NULL THEN 1
                    ELSE bit_count(bit_or(word.collections)::bit(64))
                END AS collections,
                min(word.first_seen) AS first_seen,
                max(word.last_seen) AS last_seen
            FROM words AS word
            GROUP BY
                word.address, word.new_ip, word.action, word.new_action, word.word,
                word.new_collection
        ) AS word
        GROUP BY word.address, word.new_ip, word.action, word.new_action
    )
    SELECT
        leader.ip::varchar(50),
        leader.name,
        leader.actions,
        detail.collections,
        detail.first_seen,
        detail.last_seen
    FROM leaders AS leader
    JOIN details AS detail USING (address, new_ip, action, new_action)
    ORDER BY leader.actions DESC, leader.ip COLLATE "C", leader.name COLLATE "C";
END;
$function$;

COMMENT ON FUNCTION {{ directus }}.get_ip_action_stats(integer, integer, integer, timestamptz) IS
    'Activity per IP address and action over the last p_days days (24 hours each), most frequent '
    'first, then by address, then action: rows, distinct collections, first and last of each pair, '
    'for addresses with at least p_min_count actions in all, so that none vanishes that does a '
    'little of everything; at most p_limit rows (NULL: all). Rows without an address form no row. '
    'With p_as_of the window is [p_as_of - p_days, p_as_of), without it everything since now() - '
    'p_days. Raises invalid_parameter_value for an argument out of range.';

REVOKE ALL ON FUNCTION {{ directus }}.get_ip_action_stats(integer, integer, integer, timestamptz)
    FROM PUBLIC;
