-- The dashboard of the last p_days days in one call, of one snapshot.
--
-- Sums and sets of collections of every address and user come from the narrow columns
-- of their rollups; the arrays are read for the ten that are shown. Users and
-- addresses per collection are counted from their sets of collections, never from
-- the rows; a trailing window knows its own, and only what is new beside it is counted.
-- Keys: account and address are 0 where there is none; one that no fold has
-- seen yet has a negative number, which fits the sets of collections as well.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT.
-- Cost: grows with the days, addresses and users in the window, not with its rows.
CREATE OR REPLACE FUNCTION {{ directus }}.get_activity_dashboard(
    p_days  integer     DEFAULT 7,
    p_as_of timestamptz DEFAULT NULL
)
    RETURNS jsonb
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
    v_result jsonb;
BEGIN
    PERFORM activity_sql.require_between('p_days', p_days, 1, 36500,
        'Pass the window in whole days, for example 7.');
    v_from := activity_sql.window_start(p_days * 24, p_as_of);
    v_window := activity_sql.split_window(v_from, p_as_of);

    WITH tail AS MATERIALIZED (
        SELECT
            coalesce(cell.address, 0) AS address,
            cell.new_ip,
            coalesce(cell.account, 0) AS account,
            cell.new_user,
            cell.collection,
            cell.new_collection,
            cell.action,
            cell.new_action,
            cell.actions
        FROM activity_sql.row_cells(v_window, p_numbered => true) AS cell
    ),
    rows AS MATERIALIZED (
        SELECT
            coalesce(cell.address, 0) AS address,
            coalesce(cell.account, 0) AS account,
            cell.collection,
            cell.action,
            cell.actions
        FROM activity_sql.cut_cells(v_window) AS cell
        UNION ALL
        SELECT cell.address, cell.account, cell.collection, cell.action, cell.actions
        FROM tail AS cell
    ),
    new_addresses AS MATERIALIZED (
        SELECT DISTINCT cell.address AS id, cell.new_ip AS ip
        FROM tail AS cell
        WHERE cell.address < 0
    ),
    new_accounts AS MATERIALIZED (
        SELECT DISTINCT cell.account AS id, cell.new_user AS user_id
        FROM tail AS cell
        WHERE cell.account < 0
    ),
    new_collections AS MATERIALIZED (
        SELECT DISTINCT cell.collection AS id, cell.new_collection AS name
        FROM tail AS cell
        WHERE cell.collection < 0
    ),
    new_actions AS MATERIALIZED (
        SELECT DISTINCT cell.action AS id, cell.new_action AS name
        FROM tail AS cell
        WHERE cell.action < 0
    ),
    cells AS MATERIALIZED (
        SELECT
            unnest(hourly.cell_address) AS address,
            unnest(hourly.cell_account) AS account,
            unnest(hourly.cell_collection) AS collection,
            unnest(hourly.cell_action) AS action,
            unnest(hourly.cell_actions) AS actions
        FROM activity_sql.activity_hour AS hourly
        WHERE activity_sql.hour_in_window(hourly.hour, v_window)
        UNION ALL
        SELECT cell.address, cell.account, cell.collection, cell.action, cell.actions
        FROM rows AS cell
    ),
    collections AS MATERIALIZED (
        SELECT collection.id, collection.name
        FROM activity_sql.collection AS collection
        UNION ALL
        SELECT collection.id, collection.name
        FROM new_collections AS collection
    ),
    actions AS MATERIALIZED (
        SELECT action.id, action.name
        FROM activity_sql.action AS action
        UNION ALL
        SELECT action.id, action.name
        FROM new_actions AS action
    ),
    address_buckets AS MATERIALIZED (
        SELECT
            rollup.address,
            rollup.word,
            rollup.actions,
            rollup.collections,
            CASE WHEN rollup.grain = 't' THEN rollup.collections ELSE 0 END AS counted,
            rollup.accounts,
            rollup.per_action,
            rollup.per_action_actions
        FROM activity_sql.address_rollup AS rollup
        WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
    ),
    account_buckets AS MATERIALIZED (
        SELECT
            rollup.account,
            rollup.word,
            rollup.actions,
            rollup.collections,
            CASE WHEN rollup.grain = 't' THEN rollup.collections ELSE 0 END AS counted,
            rollup.addresses
        FROM activity_sql.account_rollup AS rollup
        WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
    ),
    address_words AS MATERIALIZED (
        SELECT
            part.address,
            part.word,
            sum(part.actions)::integer AS actions,
            bit_or(part.collections) AS collections,
            bit_or(part.collections) & ~bit_or(part.counted) AS new_collections
        FROM (
            SELECT
                bucket.address,
                bucket.word,
                bucket.actions,
                bucket.collections,
                bucket.counted
            FROM address_buckets AS bucket
            UNION ALL
            SELECT
                unnest(hourly.per_address),
                unnest(hourly.per_address_word),
                unnest(hourly.per_address_actions),
                unnest(hourly.per_address_collections),
                0
            FROM activity_sql.activity_hour AS hourly
            WHERE activity_sql.hour_in_window(hourly.hour, v_window)
            UNION ALL
            SELECT
                cell.address,
                cell.collection >> 6,
                cell.actions,
                1::bigint << (cell.collection & 63),
                0
            FROM rows AS cell
            WHERE cell.address <> 0
        ) AS part
        GROUP BY part.address, part.word
    ),
    account_words AS MATERIALIZED (
        SELECT
            part.account,
            part.word,
            sum(part.actions)::integer AS actions,
            bit_or(part.collections) AS collections,
            bit_or(part.collections) & ~bit_or(part.counted) AS new_collections
        FROM (
            SELECT
                bucket.account,
                bucket.word,
                bucket.actions,
                bucket.collections,
                bucket.counted
            FROM account_buckets AS bucket
            UNION ALL
            SELECT
                unnest(hourly.per_account),
                unnest(hourly.per_account_word),
                unnest(hourly.per_account_actions),
                unnest(hourly.per_account_collections),
                0
            FROM activity_sql.activity_hour AS hourly
            WHERE activity_sql.hour_in_window(hourly.hour, v_window)
            UNION ALL
            SELECT
                cell.account,
                cell.collection >> 6,
                cell.actions,
                1::bigint << (cell.collection & 63),
                0
            FROM rows AS cell
            WHERE cell.account <> 0
        ) AS part
        GROUP BY part.account, part.word
    ),
    pairs AS MATERIALIZED (
        SELECT
            part.collection,
            part.action,
            sum(part.actions) AS actions,
            max(part.accounts) AS accounts,
            max(part.addresses) AS addresses
        FROM (
            SELECT
                rollup.collection,
                rollup.action,
                rollup.actions,
                rollup.collection_accounts AS accounts,
                rollup.collection_addresses AS addresses
            FROM activity_sql.collection_action_rollup AS rollup
            WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
            UNION ALL
            SELECT cell.collection, cell.action, cell.actions, NULL, NULL
            FROM cells AS cell
        ) AS part
        GROUP BY part.collection, part.action
    ),
    -- Sets of collections are counted by the byte: it has 256 values, and a set has any. Its place
    -- and its value are one number.
    bytes AS MATERIALIZED (
        SELECT DISTINCT collection.id >> 3 AS byte
        FROM collections AS collection
    ),
    users_per_collection AS (
        SELECT (part.byte >> 8) * 8 + place.bit AS id, sum(part.accounts) AS users
        FROM (
            SELECT
                byte.byte << 8 | (word.new_collections >> 8 * (byte.byte & 7) & 255)::integer AS byte,
                count(*) AS accounts
            FROM account_words AS word
            JOIN bytes AS byte ON byte.byte >> 3 = word.word
            WHERE word.new_collections <> 0
            GROUP BY 1
        ) AS part
        CROSS JOIN generate_series(0, 7) AS place (bit)
        WHERE part.byte >> place.bit & 1 <> 0
        GROUP BY 1
    ),
    ips_per_collection AS (
        SELECT (part.byte >> 8) * 8 + place.bit AS id, sum(part.addresses) AS ips
        FROM (
            SELECT
                byte.byte << 8 | (word.new_collections >> 8 * (byte.byte & 7) & 255)::integer AS byte,
                count(*) AS addresses
            FROM address_words AS word
            JOIN bytes AS byte ON byte.byte >> 3 = word.word
            WHERE word.new_collections <> 0
            GROUP BY 1
        ) AS part
        CROSS JOIN generate_series(0, 7) AS place (bit)
        WHERE part.byte >> place.bit & 1 <> 0
        GROUP BY 1
    ),
    -- Where there is but the first word of a set of collections, there is nothing to add up. The words
    -- of those that no fold has seen are below zero.
    address_totals AS MATERIALIZED (
        SELECT
            word.address,
            word.actions::bigint AS actions,
            bit_count(word.collections::bit(64)) AS collections
        FROM address_words AS word
        WHERE NOT EXISTS (SELECT FROM address_words AS more WHERE more.word <> 0)
        UNION ALL
        SELECT
            word.address,
            sum(word.actions),
            sum(bit_count(word.collections::bit(64))::integer)
        FROM address_words AS word
        WHERE EXISTS (SELECT FROM address_words AS more WHERE more.word <> 0)
        GROUP BY word.address
    ),
    account_totals AS MATERIALIZED (
        SELECT
            word.account,
            word.actions::bigint AS actions,
            bit_count(word.collections::bit(64)) AS collections
        FROM account_words AS word
        WHERE NOT EXISTS (SELECT FROM account_words AS more WHERE more.word <> 0)
        UNION ALL
        SELECT
            word.account,
            sum(word.actions),
            sum(bit_count(word.collections::bit(64))::integer)
        FROM account_words AS word
        WHERE EXISTS (SELECT FROM account_words AS more WHERE more.word <> 0)
        GROUP BY word.account
    ),
    top_addresses AS MATERIALIZED (
        SELECT
            total.address,
            coalesce(address.ip, new_address.ip) AS ip,
            total.actions,
            total.collections
        FROM (
            SELECT total.address, total.actions, total.collections
            FROM address_totals AS total
            ORDER BY total.actions DESC
            FETCH FIRST 10 ROWS WITH TIES
        ) AS total
        LEFT JOIN activity_sql.address AS address ON address.id = total.address
        LEFT JOIN new_addresses AS new_address ON new_address.id = total.address
        ORDER BY total.actions DESC, coalesce(address.ip, new_address.ip) COLLATE "C"
        LIMIT 10
    ),
    top_accounts AS MATERIALIZED (
        SELECT
            total.account,
            coalesce(account.user_id, new_account.user_id) AS user_id,
            total.actions,
            total.collections
        FROM (
            SELECT total.account, total.actions, total.collections
            FROM account_totals AS total
            ORDER BY total.actions DESC
            FETCH FIRST 10 ROWS WITH TIES
        ) AS total
        LEFT JOIN activity_sql.account AS account ON account.id = total.account
        LEFT JOIN new_accounts AS new_account ON new_account.id = total.account
        ORDER BY total.actions DESC, coalesce(account.user_id, new_account.user_id)
        LIMIT 10
    ),
    top_buckets AS MATERIALIZED (
        SELECT
            bucket.address,
            bucket.accounts,
            bucket.per_action,
            bucket.per_action_actions
        FROM top_addresses AS top
        JOIN address_buckets AS bucket ON bucket.address = top.address
    ),
    top_cells AS MATERIALIZED (
        SELECT cell.address, cell.account, cell.action, cell.actions
        FROM top_addresses AS top
        JOIN cells AS cell ON cell.address = top.address
    ),
    address_actors AS (
        SELECT
            acting.address,
            count(*) FILTER (WHERE acting.account <> 0) AS users,
            count(*) AS actors
        FROM (
            SELECT bucket.address, unnest(bucket.accounts) AS account
            FROM top_buckets AS bucket
            UNION
            SELECT cell.address, cell.account
            FROM top_cells AS cell
        ) AS acting
        GROUP BY acting.address
    ),
    address_kinds AS (
        SELECT
            kind.address,
            count(*) AS kinds,
            coalesce(sum(kind.actions) FILTER (WHERE action.name = 'delete'), 0)::bigint AS deletes
        FROM (
            SELECT part.address, part.action, sum(part.actions) AS actions
            FROM (
                SELECT
                    bucket.address,
                    unnest(bucket.per_action) AS action,
                    unnest(bucket.per_action_actions) AS actions
                FROM top_buckets AS bucket
                UNION ALL
                SELECT cell.address, cell.action, cell.actions
                FROM top_cells AS cell
            ) AS part
            GROUP BY part.address, part.action
        ) AS kind
        JOIN actions AS action ON action.id = kind.action
        GROUP BY kind.address
    ),
    account_ips AS (
        SELECT seen.account, count(*) FILTER (WHERE seen.address <> 0) AS ips
        FROM (
            SELECT bucket.account, unnest(bucket.addresses) AS address
            FROM top_accounts AS top
            JOIN account_buckets AS bucket ON bucket.account = top.account
            UNION
            SELECT cell.account, cell.address
            FROM top_accounts AS top
            JOIN cells AS cell ON cell.account = top.account
        ) AS seen
        GROUP BY seen.account
    )
    SELECT jsonb_build_object(
        'summary', jsonb_build_object(
            'totalActivity', (SELECT coalesce(sum(pair.actions), 0) FROM pairs AS pair),
            'uniqueUsers', (SELECT count(*) FROM account_totals AS total),
            'uniqueIPs', (SELECT count(*) FROM address_totals AS total),
            'period', format('%s days', p_days)
        ),
        'collections', (
            SELECT coalesce(jsonb_agg(
                jsonb_build_object(
                    'collection', collection.name,
                    'count', total.actions,
                    'countDistinct_user', coalesce(total.accounts, 0) + coalesce(users.users, 0),
                    'countDistinct_ip', coalesce(total.addresses, 0) + coalesce(ips.ips, 0)
                )
                ORDER BY total.actions DESC, collection.name COLLATE "C"
            ), '[]')
            FROM (
                SELECT
                    pair.collection,
                    sum(pair.actions) AS actions,
                    max(pair.accounts) AS accounts,
                    max(pair.addresses) AS addresses
                FROM pairs AS pair
                GROUP BY pair.collection
            ) AS total
            JOIN collections AS collection ON collection.id = total.collection
            LEFT JOIN users_per_collection AS users ON users.id = total.collection
            LEFT JOIN ips_per_collection AS ips ON ips.id = total.collection
        ),
        'actions', (
            SELECT coalesce(jsonb_agg(
                jsonb_build_object('action', action.name, 'count', total.actions)
                ORDER BY total.actions DESC, action.name COLLATE "C"
            ), '[]')
            FROM (
                SELECT pair.action, sum(pair.actions) AS actions
                FROM pairs AS pair
                GROUP BY pair.action
            ) AS total
            JOIN actions AS action ON action.id = total.action
        ),
        'topIPs', (
            SELECT coalesce(jsonb_agg(
                jsonb_build_object(
                    'ip', top.ip,
                    'count', top.actions,
                    'countDistinct_collection', top.collections,
                    'countDistinct_user', actors.users,
                    'riskLevel', score.risk_level,
                    'activityScore', score.activity_score
                )
                ORDER BY top.actions DESC, top.ip COLLATE "C"
            ), '[]')
            FROM top_addresses AS top
            JOIN address_actors AS actors ON actors.address = top.address
            JOIN address_kinds AS kinds ON kinds.address = top.address
            CROSS JOIN LATERAL activity_sql.score_address(
                top.ip,
                top.actions,
                24 * actors.actors * p_days,
                kinds.deletes,
                top.collections,
                kinds.kinds
            ) AS score
        ),
        'topUsers', (
            SELECT coalesce(jsonb_agg(
                jsonb_build_object(
                    'userId', top.user_id,
                    'count', top.actions,
                    'countDistinct_collection', top.collections,
                    'countDistinct_ip', ips.ips
                )
                ORDER BY top.actions DESC, top.user_id
            ), '[]')
            FROM top_accounts AS top
            JOIN account_ips AS ips ON ips.account = top.account
        )
    )
    INTO v_result;

    RETURN v_result || jsonb_build_object('hourly', activity_sql.hourly_summary(p_as_of));
END;
$function$;

COMMENT ON FUNCTION {{ directus }}.get_activity_dashboard(integer, timestamptz) IS
    'One jsonb object of the last p_days days: summary {totalActivity, uniqueUsers, uniqueIPs, '
    'period}; collections [{collection, count, countDistinct_user, countDistinct_ip}]; actions '
    '[{action, count}]; topIPs, the ten busiest [{ip, count, countDistinct_collection, '
    'countDistinct_user, riskLevel, activityScore}]; topUsers, the ten busiest [{userId, count, '
    'countDistinct_collection, countDistinct_ip}]; hourly, of the last 24 hours whatever p_days is '
    '[{timestamp, total, uniqueUsers, byAction}]. Lists by count descending, then key; hourly by '
    'time, without gaps. Schema: docs/get_activity_dashboard.schema.json. Raises '
    'invalid_parameter_value for an argument out of range.';

REVOKE ALL ON FUNCTION {{ directus }}.get_activity_dashboard(integer, timestamptz) FROM PUBLIC;
