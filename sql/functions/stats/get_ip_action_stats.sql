-- What each IP address did in the last p_days days, action by action, most frequent first.
--
-- Which pairs of address and action are the most frequent is decided on counts alone,
-- and only of addresses that are busy enough to have one of them; theirs alone are looked
-- up further. An address, collection or action that no fold has seen yet has a negative
-- number, and its text in new_*.
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
    PERFORM activity_sql.require_between('p_min_count', p_min_count, 1, 2147483647,
        'Pass 1 for every address.');
    PERFORM activity_sql.require_between('p_limit', coalesce(p_limit, 1), 1, 100000,
        'Pass NULL for all.');
    v_from := activity_sql.window_start(p_days * 24, p_as_of);
    v_window := activity_sql.split_window(v_from, p_as_of);

    RETURN QUERY
    WITH rows AS MATERIALIZED (
        SELECT
            cell.address,
            cell.new_ip,
            cell.collection,
            cell.action,
            cell.new_action,
            cell.actions,
            cell.first_seen,
            cell.last_seen
        FROM activity_sql.window_rows(v_window, p_numbered => true) AS cell
    ),
    totals AS MATERIALIZED (
        SELECT part.address, sum(part.actions) AS actions
        FROM (
            SELECT rollup.address, rollup.actions
            FROM activity_sql.address_rollup AS rollup
            WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
            UNION ALL
            SELECT unnest(hourly.per_address), unnest(hourly.per_address_actions)
            FROM activity_sql.activity_hour AS hourly
            WHERE activity_sql.hour_in_window(hourly.hour, v_window)
            UNION ALL
            SELECT cell.address, cell.actions
            FROM rows AS cell
            WHERE cell.address IS NOT NULL
        ) AS part
        GROUP BY part.address
        HAVING sum(part.actions) >= p_min_count
    ),
    -- One action of an address has at least an even share of its rows. So the p_limit busiest addresses
    -- have p_limit pairs of at least such a share of the last of them, and who has fewer rows in all has
    -- no pair among the most frequent.
    candidates AS MATERIALIZED (
        SELECT total.address
        FROM totals AS total
        WHERE total.actions * (
                (SELECT count(*) FROM activity_sql.action AS action)
                + (SELECT count(DISTINCT cell.new_action) FROM rows AS cell)
            ) >= coalesce((
                SELECT busy.actions
                FROM totals AS busy
                ORDER BY busy.actions DESC
                OFFSET coalesce(p_limit, 2147483647) - 1
                LIMIT 1
            ), 0)
    ),
    contenders AS (
        SELECT part.address, part.action, sum(part.actions) AS actions
        FROM (
            SELECT
                rollup.address,
                unnest(rollup.per_action) AS action,
                unnest(rollup.per_action_actions) AS actions
            FROM candidates AS candidate
            JOIN activity_sql.address_rollup AS rollup ON rollup.address = candidate.address
            WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
            UNION ALL
            SELECT cell.address, cell.action, cell.actions
            FROM candidates AS candidate
            JOIN (
                SELECT
                    unnest(hourly.cell_address) AS address,
                    unnest(hourly.cell_action) AS action,
                    unnest(hourly.cell_actions) AS actions
                FROM activity_sql.activity_hour AS hourly
                WHERE activity_sql.hour_in_window(hourly.hour, v_window)
                UNION ALL
                SELECT tail.address, tail.action, tail.actions
                FROM rows AS tail
            ) AS cell ON cell.address = candidate.address
        ) AS part
        GROUP BY part.address, part.action
        ORDER BY sum(part.actions) DESC
        FETCH FIRST coalesce(p_limit, 2147483647) ROWS WITH TIES
    ),
    leaders AS MATERIALIZED (
        SELECT
            contender.address,
            contender.action,
            coalesce(address.ip, new_address.ip) AS ip,
            coalesce(action.name, new_action.name) AS name,
            contender.actions
        FROM contenders AS contender
        LEFT JOIN activity_sql.address AS address ON address.id = contender.address
        LEFT JOIN activity_sql.action AS action ON action.id = contender.action
        LEFT JOIN (
            SELECT DISTINCT cell.address AS id, cell.new_ip AS ip
            FROM rows AS cell
            WHERE cell.address < 0
        ) AS new_address ON new_address.id = contender.address
        LEFT JOIN (
            SELECT DISTINCT cell.action AS id, cell.new_action AS name
            FROM rows AS cell
            WHERE cell.action < 0
        ) AS new_action ON new_action.id = contender.action
        ORDER BY
            contender.actions DESC,
            coalesce(address.ip, new_address.ip) COLLATE "C",
            coalesce(action.name, new_action.name) COLLATE "C"
        LIMIT p_limit
    ),
    -- A collection without a number has a negative one, whose word is its own as well.
    details AS (
        SELECT
            word.address,
            word.action,
            sum(bit_count(word.collections::bit(64))::integer) AS collections,
            min(word.first_seen) AS first_seen,
            max(word.last_seen) AS last_seen
        FROM (
            SELECT
                part.address,
                part.action,
                part.word,
                bit_or(part.collections) AS collections,
                min(part.first_seen) AS first_seen,
                max(part.last_seen) AS last_seen
            FROM (
                SELECT
                    leader.address,
                    leader.action,
                    rollup.word,
                    rollup.per_action_collections[place.number] AS collections,
                    rollup.per_action_first_seen[place.number] AS first_seen,
                    rollup.per_action_last_seen[place.number] AS last_seen
                FROM leaders AS leader
                JOIN activity_sql.address_rollup AS rollup ON rollup.address = leader.address
                CROSS JOIN LATERAL array_position(rollup.per_action, leader.action)
                    AS place (number)
                WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
                    AND place.number IS NOT NULL
                UNION ALL
                SELECT
                    leader.address,
                    leader.action,
                    cell.collection >> 6,
                    1::bigint << (cell.collection & 63),
                    cell.first_seen,
                    coalesce(cell.last_seen, cell.first_seen)
                FROM leaders AS leader
                JOIN (
                    SELECT
                        unnest(hourly.cell_address) AS address,
                        unnest(hourly.cell_collection) AS collection,
                        unnest(hourly.cell_action) AS action,
                        unnest(hourly.cell_first_seen) AS first_seen,
                        unnest(hourly.cell_last_seen) AS last_seen
                    FROM activity_sql.activity_hour AS hourly
                    WHERE activity_sql.hour_in_window(hourly.hour, v_window)
                    UNION ALL
                    SELECT
                        tail.address,
                        tail.collection,
                        tail.action,
                        tail.first_seen,
                        tail.last_seen
                    FROM rows AS tail
                ) AS cell ON cell.address = leader.address AND cell.action = leader.action
            ) AS part
            GROUP BY part.address, part.action, part.word
        ) AS word
        GROUP BY word.address, word.action
    )
    SELECT
        leader.ip::varchar(50),
        leader.name,
        leader.actions,
        detail.collections,
        detail.first_seen,
        detail.last_seen
    FROM leaders AS leader
    JOIN details AS detail USING (address, action)
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
