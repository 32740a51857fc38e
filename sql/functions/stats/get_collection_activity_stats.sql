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
    v_from := activity_sql.window_start(p_days * 24, p_as_of);
    v_window := activity_sql.split_window(v_from, p_as_of);

    RETURN QUERY
    -- What no fold has seen yet has a negative number, which has its bit as well.
    WITH rows AS MATERIALIZED (
        SELECT
            cell.address,
            cell.account,
            cell.collection,
            cell.new_collection,
            cell.actions,
            cell.last_seen
        FROM activity_sql.window_rows(v_window, p_numbered => true) AS cell
    ),
    collections AS MATERIALIZED (
        SELECT collection.id, collection.name
        FROM activity_sql.collection AS collection
        UNION ALL
        SELECT DISTINCT cell.collection, cell.new_collection
        FROM rows AS cell
        WHERE cell.collection < 0
    ),
    -- Sets of collections are counted by the byte: it has 256 values, and a set has any. Its place
    -- and its value are one number.
    bytes AS MATERIALIZED (
        SELECT DISTINCT collection.id >> 3 AS byte
        FROM collections AS collection
    ),
    totals AS (
        SELECT
            part.collection,
            sum(part.actions)::bigint AS actions,
            max(part.last_seen) AS last_seen
        FROM (
            SELECT rollup.collection, rollup.actions, rollup.last_seen
            FROM activity_sql.collection_action_rollup AS rollup
            WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
            UNION ALL
            SELECT
                unnest(hourly.per_collection),
                unnest(hourly.per_collection_actions),
                unnest(hourly.per_collection_last_seen)
            FROM activity_sql.activity_hour AS hourly
            WHERE activity_sql.hour_in_window(hourly.hour, v_window)
            UNION ALL
            SELECT cell.collection, cell.actions, cell.last_seen
            FROM rows AS cell
        ) AS part
        GROUP BY part.collection
    ),
    users AS (
        SELECT (part.byte >> 8) * 8 + place.bit AS id, sum(part.holders)::bigint AS users
        FROM (
            SELECT
                byte.byte << 8 | (word.collections >> 8 * (byte.byte & 7) & 255)::integer AS byte,
                count(*) AS holders
            FROM (
                SELECT part.account, part.word, bit_or(part.collections) AS collections
                FROM (
                    SELECT rollup.account, rollup.word, rollup.collections
                    FROM activity_sql.account_rollup AS rollup
                    WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
                    UNION ALL
                    SELECT
                        unnest(hourly.per_account),
                        unnest(hourly.per_account_word),
                        unnest(hourly.per_account_collections)
                    FROM activity_sql.activity_hour AS hourly
                    WHERE activity_sql.hour_in_window(hourly.hour, v_window)
                    UNION ALL
                    SELECT cell.account, cell.collection >> 6, 1::bigint << (cell.collection & 63)
                    FROM rows AS cell
                    WHERE cell.account IS NOT NULL
                ) AS part
                GROUP BY part.account, part.word
            ) AS word
            JOIN bytes AS byte ON byte.byte >> 3 = word.word
            GROUP BY 1
        ) AS part
        CROSS JOIN generate_series(0, 7) AS place (bit)
        WHERE part.byte >> place.bit & 1 <> 0
        GROUP BY 1
    ),
    addresses AS (
        SELECT (part.byte >> 8) * 8 + place.bit AS id, sum(part.holders)::bigint AS addresses
        FROM (
            SELECT
                byte.byte << 8 | (word.collections >> 8 * (byte.byte & 7) & 255)::integer AS byte,
                count(*) AS holders
            FROM (
                SELECT part.address, part.word, bit_or(part.collections) AS collections
                FROM (
                    SELECT rollup.address, rollup.word, rollup.collections
                    FROM activity_sql.address_rollup AS rollup
                    WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
                    UNION ALL
                    SELECT
                        unnest(hourly.per_address),
                        unnest(hourly.per_address_word),
                        unnest(hourly.per_address_collections)
                    FROM activity_sql.activity_hour AS hourly
                    WHERE activity_sql.hour_in_window(hourly.hour, v_window)
                    UNION ALL
                    SELECT cell.address, cell.collection >> 6, 1::bigint << (cell.collection & 63)
                    FROM rows AS cell
                    WHERE cell.address IS NOT NULL
                ) AS part
                GROUP BY part.address, part.word
            ) AS word
            JOIN bytes AS byte ON byte.byte >> 3 = word.word
            GROUP BY 1
        ) AS part
        CROSS JOIN generate_series(0, 7) AS place (bit)
        WHERE part.byte >> place.bit & 1 <> 0
        GROUP BY 1
    )
    SELECT
        collection.name,
        totals.actions,
        coalesce(users.users, 0),
        coalesce(addresses.addresses, 0),
        totals.last_seen
    FROM totals
    JOIN collections AS collection ON collection.id = totals.collection
    LEFT JOIN users ON users.id = totals.collection
    LEFT JOIN addresses ON addresses.id = totals.collection
    ORDER BY totals.actions DESC, collection.name COLLATE "C";
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
