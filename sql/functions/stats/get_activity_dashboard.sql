-- The dashboard of the last p_days days in one call, of one snapshot.
--
-- Each rollup is read once: sums and sets of collections of every address and user
-- come from the same rows as the details of the ten that are shown. Users and
-- addresses per collection are counted from their sets of collections, never from
-- the rows. Keys: account and address are 0 where there is none, -1 for one that no
-- fold has seen yet, which then has its text in new_user or new_ip.
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
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    v_from   timestamptz;
    v_window activity_sql.window_parts;
    v_none   uuid := uuid '00000000-0000-0000-0000-000000000000';
    v_result jsonb;
BEGIN
    PERFORM activity_sql.require_between('p_days', p_days, 1, 36500,
        'Pass the window in whole days, for example 7.');
    v_from := activity_sql.window_start(p_days * 24, p_as_of);
    v_window := activity_sql.split_window(v_from, p_as_of);

    WITH cells AS MATERIALIZED (
        SELECT
            CASE
                WHEN cell.new_ip IS NOT NULL THEN -1
                ELSE coalesce(cell.address, 0)
            END AS address,
            coalesce(cell.new_ip, '') AS new_ip,
            CASE
                WHEN cell.new_user IS NOT NULL THEN -1
                ELSE coalesce(cell.account, 0)
            END AS account,
            coalesce(cell.new_user, v_none) AS new_user,
            cell.collection,
            cell.new_collection,
            cell.action,
            cell.new_action,
            cell.actions
        FROM activity_sql.window_cells(v_window) AS cell
    ),
    address_buckets AS MATERIALIZED (
        SELECT
            rollup.address,
            rollup.word,
            rollup.actions,
            rollup.collections,
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
            rollup.addresses
        FROM activity_sql.account_rollup AS rollup
        WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
    ),
    address_words AS MATERIALIZED (
        SELECT
            part.address,
            part.new_ip,
            part.word,
            sum(part.actions) AS actions,
            bit_or(part.collections) AS collections
        FROM (
            SELECT
                bucket.address,
                '' AS new_ip,
                bucket.word,
                bucket.actions,
                bucket.collections
            FROM address_buckets AS bucket
            UNION ALL
            SELECT
                cell.address,
                cell.new_ip,
                cell.collection >> 6,
                cell.actions,
                1::bigint << (cell.collection & 63)
            FROM cells AS cell
            WHERE cell.address <> 0
        ) AS part
        GROUP BY part.address, part.new_ip, part.word
    ),
    account_words AS MATERIALIZED (
        SELECT
            part.account,
            part.new_user,
            part.word,
            sum(part.actions) AS actions,
            bit_or(part.collections) AS collections
        FROM (
            SELECT
                bucket.account,
                v_none AS new_user,
                bucket.word,
                bucket.actions,
                bucket.collections
            FROM account_buckets AS bucket
            UNION ALL
            SELECT
                cell.account,
                cell.new_user,
                cell.collection >> 6,
                cell.actions,
                1::bigint << (cell.collection & 63)
            FROM cells AS cell
            WHERE cell.account <> 0
        ) AS part
        GROUP BY part.account, part.new_user, part.word
    ),
    pairs AS MATERIALIZED (
        SELECT
            coalesce(collection.name, part.new_collection) AS collection,
            coalesce(action.name, part.new_action) AS action,
            part.actions
        FROM (
            SELECT
                pair.collection,
                pair.new_collection,
                pair.action,
                pair.new_action,
                sum(pair.actions) AS actions
            FROM (
                SELECT
                    rollup.collection,
                    NULL::text AS new_collection,
                    rollup.action,
                    NULL::text AS new_action,
                    rollup.actions
                FROM activity_sql.collection_action_rollup AS rollup
                WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
                UNION ALL
                SELECT
                    cell.collection,
                    cell.new_collection,
                    cell.action,
                    cell.new_action,
                    cell.actions
                FROM cells AS cell
            ) AS pair
            GROUP BY pair.collection, pair.new_collection, pair.action, pair.new_action
        ) AS part
        LEFT JOIN activity_sql.collection AS collection ON collection.id = part.collection
        LEFT JOIN activity_sql.action AS action ON action.id = part.action
    ),
    users_per_collection AS (
        SELECT collection.name, count(*) AS users
        FROM account_words AS word
        JOIN activity_sql.collection AS collection
            ON collection.id >> 6 = word.word
                AND word.collections >> (collection.id & 63) & 1 = 1
        GROUP BY collection.name
        UNION ALL
        SELECT cell.new_collection, count(DISTINCT (cell.account, cell.new_user))
        FROM cells AS cell
        WHERE cell.new_collection IS NOT NULL AND cell.account <> 0
        GROUP BY cell.new_collection
    ),
    ips_per_collection AS (
        SELECT collection.name, count(*) AS ips
        FROM address_words AS word
        JOIN activity_sql.collection AS collection
            ON collection.id >> 6 = word.word
                AND word.collections >> (collection.id & 63) & 1 = 1
        GROUP BY collection.name
        UNION ALL
        SELECT cell.new_collection, count(DISTINCT (cell.address, cell.new_ip))
        FROM cells AS cell
        WHERE cell.new_collection IS NOT NULL AND cell.address <> 0
        GROUP BY cell.new_collection
    ),
    address_totals AS MATERIALIZED (
        SELECT word.address, word.new_ip, sum(word.actions)::bigint AS actions
        FROM address_words AS word
        GROUP BY word.address, word.new_ip
    ),
    account_totals AS MATERIALIZED (
        SELECT word.account, word.new_user, sum(word.actions)::bigint AS actions
        FROM account_words AS word
        GROUP BY word.account, word.new_user
    ),
    top_addresses AS MATERIALIZED (
        SELECT
            total.address,
            total.new_ip,
            coalesce(address.ip, total.new_ip) AS ip,
            total.actions
        FROM (
            SELECT total.address, total.new_ip, total.actions
            FROM address_totals AS total
            ORDER BY total.actions DESC
            FETCH FIRST 10 ROWS WITH TIES
        ) AS total
        LEFT JOIN activity_sql.address AS address ON address.id = total.address
        ORDER BY total.actions DESC, coalesce(address.ip, total.new_ip) COLLATE "C"
        LIMIT 10
    ),
    top_accounts AS MATERIALIZED (
        SELECT
            total.account,
            total.new_user,
            coalesce(account.user_id, total.new_user) AS user_id,
            total.actions
        FROM (
            SELECT total.account, total.new_user, total.actions
            FROM account_totals AS total
            ORDER BY total.actions DESC
            FETCH FIRST 10 ROWS WITH TIES
        ) AS total
        LEFT JOIN activity_sql.account AS account ON account.id = total.account
        ORDER BY total.actions DESC, coalesce(account.user_id, total.new_user)
        LIMIT 10
    ),
    address_breadths AS (
        SELECT
            top.ip,
            coalesce(sum(bit_count(word.collections::bit(64))), 0)::bigint
            + (
                SELECT count(DISTINCT cell.new_collection)
                FROM cells AS cell
                WHERE cell.address = top.address AND cell.new_ip = top.new_ip
            ) AS collections
        FROM top_addresses AS top
        JOIN address_words AS word USING (address, new_ip)
        GROUP BY top.ip, top.address, top.new_ip
    ),
    address_actors AS (
        SELECT
            acting.ip,
            count(*) FILTER (WHERE acting.account <> 0) AS users,
            count(*) AS actors
        FROM (
            SELECT top.ip, unnest(bucket.accounts) AS account, v_none AS new_user
            FROM top_addresses AS top
            JOIN address_buckets AS bucket ON bucket.address = top.address
            UNION
            SELECT top.ip, cell.account, cell.new_user
            FROM top_addresses AS top
            JOIN cells AS cell USING (address, new_ip)
        ) AS acting
        GROUP BY acting.ip
    ),
    address_kinds AS (
        SELECT
            kind.ip,
            count(*) AS kinds,
            coalesce(sum(kind.actions) FILTER (WHERE kind.action = 'delete'), 0)::bigint AS deletes
        FROM (
            SELECT
                part.ip,
                coalesce(action.name, part.new_action) AS action,
                sum(part.actions) AS actions
            FROM (
                SELECT
                    top.ip,
                    unnest(bucket.per_action) AS action,
                    NULL::text AS new_action,
                    unnest(bucket.per_action_actions) AS actions
                FROM top_addresses AS top
                JOIN address_buckets AS bucket ON bucket.address = top.address
                UNION ALL
                SELECT top.ip, cell.action, cell.new_action, cell.actions
                FROM top_addresses AS top
                JOIN cells AS cell USING (address, new_ip)
            ) AS part
            LEFT JOIN activity_sql.action AS action ON action.id = part.action
            GROUP BY part.ip, coalesce(action.name, part.new_action)
        ) AS kind
        GROUP BY kind.ip
    ),
    account_breadths AS (
        SELECT
            top.user_id,
            coalesce(sum(bit_count(word.collections::bit(64))), 0)::bigint
            + (
                SELECT count(DISTINCT cell.new_collection)
                FROM cells AS cell
                WHERE cell.account = top.account AND cell.new_user = top.new_user
            ) AS collections
        FROM top_accounts AS top
        JOIN account_words AS word USING (account, new_user)
        GROUP BY top.user_id, top.account, top.new_user
    ),
    account_ips AS (
        SELECT seen.user_id, count(*) FILTER (WHERE seen.address <> 0) AS ips
        FROM (
            SELECT top.user_id, unnest(bucket.addresses) AS address, '' AS new_ip
            FROM top_accounts AS top
            JOIN account_buckets AS bucket ON bucket.account = top.account
            UNION
            SELECT top.user_id, cell.address, cell.new_ip
            FROM top_accounts AS top
            JOIN cells AS cell USING (account, new_user)
        ) AS seen
        GROUP BY seen.user_id
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
                    'collection', total.collection,
                    'count', total.actions,
                    'countDistinct_user', coalesce(users.users, 0),
                    'countDistinct_ip', coalesce(ips.ips, 0)
                )
                ORDER BY total.actions DESC, total.collection COLLATE "C"
            ), '[]')
            FROM (
                SELECT pair.collection, sum(pair.actions) AS actions
                FROM pairs AS pair
                GROUP BY pair.collection
            ) AS total
            LEFT JOIN users_per_collection AS users ON users.name = total.collection
            LEFT JOIN ips_per_collection AS ips ON ips.name = total.collection
        ),
        'actions', (
            SELECT coalesce(jsonb_agg(
                jsonb_build_object('action', total.action, 'count', total.actions)
                ORDER BY total.actions DESC, total.action COLLATE "C"
            ), '[]')
            FROM (
                SELECT pair.action, sum(pair.actions) AS actions
                FROM pairs AS pair
                GROUP BY pair.action
            ) AS total
        ),
        'topIPs', (
            SELECT coalesce(jsonb_agg(
                jsonb_build_object(
                    'ip', top.ip,
                    'count', top.actions,
                    'countDistinct_collection', breadth.collections,
                    'countDistinct_user', actors.users,
                    'riskLevel', score.risk_level,
                    'activityScore', score.activity_score
                )
                ORDER BY top.actions DESC, top.ip COLLATE "C"
            ), '[]')
            FROM top_addresses AS top
            JOIN address_breadths AS breadth ON breadth.ip = top.ip
            JOIN address_actors AS actors ON actors.ip = top.ip
            JOIN address_kinds AS kinds ON kinds.ip = top.ip
            CROSS JOIN LATERAL activity_sql.score_address(
                top.ip,
                top.actions,
                24 * actors.actors * p_days,
                kinds.deletes,
                breadth.collections,
                kinds.kinds
            ) AS score
        ),
        'topUsers', (
            SELECT coalesce(jsonb_agg(
                jsonb_build_object(
                    'userId', top.user_id,
                    'count', top.actions,
                    'countDistinct_collection', breadth.collections,
                    'countDistinct_ip', ips.ips
                )
                ORDER BY top.actions DESC, top.user_id
            ), '[]')
            FROM top_accounts AS top
            JOIN account_breadths AS breadth ON breadth.user_id = top.user_id
            JOIN account_ips AS ips ON ips.user_id = top.user_id
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
