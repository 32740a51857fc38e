-- IP activity of the last p_days days, busiest address first.
--
-- Which addresses are the busiest is decided on the narrowest rollup; only theirs
-- are looked up in the wider ones. An address, account, collection or action that no
-- fold has seen yet has no number but its text, in new_*.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT.
-- Cost: grows with the days and addresses in the window, not with its rows.
CREATE OR REPLACE FUNCTION "Direct""us".get_ip_activity_stats(
    p_days      integer     DEFAULT 7,
    p_min_count integer     DEFAULT 10,
    p_limit     integer     DEFAULT 50,
    p_as_of     timestamptz DEFAULT NULL
)
    RETURNS TABLE (
        ip                 varchar(50),
        total_actions      bigint,
        unique_collections bigint,
        action_breakdown   jsonb,
        first_seen         timestamptz,
        last_seen          timestamptz,
        risk_score         integer,
        unique_users       bigint,
        risk_level         text,
        activity_score     integer,
        risk_reasons       jsonb
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
            cell.account,
            cell.new_user,
            cell.collection,
            cell.new_collection,
            cell.action,
            cell.new_action,
            cell.actions,
            cell.first_seen,
            cell.last_seen
        FROM activity_sql.window_rows(v_window) AS cell
    ),
    totals AS (
        SELECT part.address, NULL::text AS new_ip, sum(part.actions) AS actions
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
        UNION ALL
        SELECT NULL, cell.new_ip, sum(cell.actions)
        FROM rows AS cell
        WHERE cell.new_ip IS NOT NULL
        GROUP BY cell.new_ip
    ),
    contenders AS (
        SELECT total.address, total.new_ip, total.actions
        FROM totals AS total
        WHERE total.actions >= p_min_count
        ORDER BY total.actions DESC
        FETCH FIRST coalesce(p_limit, 2147483647) ROWS WITH TIES
    ),
    busiest AS MATERIALIZED (
        SELECT
            contenders.address,
            contenders.new_ip,
            coalesce(address.ip, contenders.new_ip) AS ip,
            contenders.actions,
            row_number() OVER (
                ORDER BY
                    contenders.actions DESC,
                    coalesce(address.ip, contenders.new_ip) COLLATE "C"
            )::integer AS place
        FROM contenders
        LEFT JOIN activity_sql.address AS address ON address.id = contenders.address
        ORDER BY contenders.actions DESC, coalesce(address.ip, contenders.new_ip) COLLATE "C"
        LIMIT p_limit
    ),
    buckets AS MATERIALIZED (
        SELECT
            busiest.place,
            rollup.word,
            rollup.collections,
            rollup.first_seen,
            rollup.last_seen,
            rollup.accounts,
            rollup.per_action,
            rollup.per_action_actions
        FROM busiest
        JOIN activity_sql.address_rollup AS rollup ON rollup.address = busiest.address
        WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
    ),
    edges AS MATERIALIZED (
        SELECT
            busiest.place,
            folded.account,
            NULL::uuid AS new_user,
            folded.action,
            NULL::text AS new_action,
            folded.collection >> 6 AS word,
            bit_or(1::bigint << (folded.collection & 63)) AS collections,
            NULL::text AS new_collection,
            sum(folded.actions)::integer AS actions,
            min(folded.first_seen) AS first_seen,
            max(coalesce(folded.last_seen, folded.first_seen)) AS last_seen
        FROM busiest
        JOIN (
            SELECT
                unnest(hourly.cell_address) AS address,
                unnest(hourly.cell_account) AS account,
                unnest(hourly.cell_collection) AS collection,
                unnest(hourly.cell_action) AS action,
                unnest(hourly.cell_actions) AS actions,
                unnest(hourly.cell_first_seen) AS first_seen,
                unnest(hourly.cell_last_seen) AS last_seen
            FROM activity_sql.activity_hour AS hourly
            WHERE activity_sql.hour_in_window(hourly.hour, v_window)
        ) AS folded ON folded.address = busiest.address
        GROUP BY busiest.place, folded.account, folded.action, folded.collection >> 6
        UNION ALL
        SELECT
            busiest.place,
            CASE WHEN cell.new_user IS NULL THEN coalesce(cell.account, 0) END,
            cell.new_user,
            cell.action,
            cell.new_action,
            cell.collection >> 6,
            1::bigint << (cell.collection & 63),
            cell.new_collection,
            cell.actions,
            cell.first_seen,
            cell.last_seen
        FROM busiest
        JOIN rows AS cell ON cell.address = busiest.address
        UNION ALL
        SELECT
            busiest.place,
            CASE WHEN cell.new_user IS NULL THEN coalesce(cell.account, 0) END,
            cell.new_user,
            cell.action,
            cell.new_action,
            cell.collection >> 6,
            1::bigint << (cell.collection & 63),
            cell.new_collection,
            cell.actions,
            cell.first_seen,
            cell.last_seen
        FROM busiest
        JOIN rows AS cell ON cell.new_ip = busiest.new_ip
    ),
    actors AS (
        SELECT
            acting.place,
            count(nullif(acting.account, 0)) + count(acting.new_user) AS users,
            count(*) AS actors
        FROM (
            SELECT bucket.place, unnest(bucket.accounts) AS account, NULL::uuid AS new_user
            FROM buckets AS bucket
            UNION
            SELECT edge.place, edge.account, edge.new_user
            FROM edges AS edge
        ) AS acting
        GROUP BY acting.place
    ),
    kinds AS (
        SELECT
            kind.place,
            jsonb_object_agg(coalesce(action.name, kind.new_action), kind.actions) AS actions,
            count(*) AS kinds,
            coalesce(sum(kind.actions) FILTER (
                WHERE coalesce(action.name, kind.new_action) = 'delete'
            ), 0)::bigint AS deletes
        FROM (
            SELECT part.place, part.action, part.new_action, sum(part.actions) AS actions
            FROM (
                SELECT
                    bucket.place,
                    unnest(bucket.per_action) AS action,
                    NULL::text AS new_action,
                    unnest(bucket.per_action_actions) AS actions
                FROM buckets AS bucket
                UNION ALL
                SELECT edge.place, edge.action, edge.new_action, edge.actions
                FROM edges AS edge
            ) AS part
            GROUP BY part.place, part.action, part.new_action
        ) AS kind
        LEFT JOIN activity_sql.action AS action ON action.id = kind.action
        GROUP BY kind.place
    ),
    breadths AS (
        SELECT
            word.place,
            sum(word.collections) AS collections,
            min(word.first_seen) AS first_seen,
            max(word.last_seen) AS last_seen
        FROM (
            SELECT
                part.place,
                CASE
                    WHEN part.new_collection IS NOT NULL THEN 1
                    ELSE bit_count(bit_or(part.collections)::bit(64))::integer
                END AS collections,
                min(part.first_seen) AS first_seen,
                max(part.last_seen) AS last_seen
            FROM (
                SELECT
                    bucket.place,
                    bucket.word,
                    bucket.collections,
                    NULL::text AS new_collection,
                    bucket.first_seen,
                    bucket.last_seen
                FROM buckets AS bucket
                UNION ALL
                SELECT
                    edge.place,
                    edge.word,
                    edge.collections,
                    edge.new_collection,
                    edge.first_seen,
                    edge.last_seen
                FROM edges AS edge
            ) AS part
            GROUP BY part.place, part.word, part.new_collection
        ) AS word
        GROUP BY word.place
    )
    SELECT
        busiest.ip::varchar(50),
        busiest.actions,
        breadths.collections,
        kinds.actions,
        breadths.first_seen,
        breadths.last_seen,
        CASE
            WHEN busiest.actions > 1000 THEN 3
            WHEN busiest.actions > 500 THEN 2
            WHEN busiest.actions > 100 THEN 1
            ELSE 0
        END
        + CASE
            WHEN breadths.collections > 10 THEN 2
            WHEN breadths.collections > 5 THEN 1
            ELSE 0
        END,
        actors.users,
        score.risk_level,
        score.activity_score,
        score.risk_reasons
    FROM busiest
    JOIN actors ON actors.place = busiest.place
    JOIN kinds ON kinds.place = busiest.place
    JOIN breadths ON breadths.place = busiest.place
    CROSS JOIN LATERAL activity_sql.score_address(
        busiest.ip,
        busiest.actions,
        24 * actors.actors * p_days,
        kinds.deletes,
        breadths.collections,
        kinds.kinds
    ) AS score
    ORDER BY busiest.place;
END;
$function$;

COMMENT ON FUNCTION "Direct""us".get_ip_activity_stats(integer, integer, integer, timestamptz) IS
    'Activity per IP address over the last p_days days (24 hours each), busiest first: one row per '
    'address with at least p_min_count actions, at most p_limit rows (NULL: all). With p_as_of the '
    'window is [p_as_of - p_days, p_as_of), without it everything since now() - p_days. Rows '
    'without an address form no row. action_breakdown: {action: count}. risk_score 0 to 5, '
    'busyness only: total over 1000, 500, 100 gives 3, 2, 1, collections over 10, 5 give 2, 1. '
    'activity_score 0 to 100 with risk_level and risk_reasons: see activity_sql.score_address. '
    'Raises invalid_parameter_value for an argument out of range.';

REVOKE ALL ON FUNCTION "Direct""us".get_ip_activity_stats(integer, integer, integer, timestamptz)
    FROM PUBLIC;
