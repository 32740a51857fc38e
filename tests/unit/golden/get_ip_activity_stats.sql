-- IP activity of the last p_days days, busiest address first.
--
-- Why cells first: rows of one address repeat the same user, collection and action
-- many times over. Grouping them once makes the distinct counts, the breakdown and
-- the totals a matter of the cells, and the table is read once.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT.
-- Cost: grows with the rows in the window, read through the index on "timestamp".
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
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    v_from timestamptz;
BEGIN
    PERFORM activity_sql.require_between('p_days', p_days, 1, 36500,
        'Pass the window in whole days, for example 7.');
    PERFORM activity_sql.require_between('p_min_count', p_min_count, 1, 2147483647,
        'Pass 1 for every address.');
    PERFORM activity_sql.require_between('p_limit', coalesce(p_limit, 1), 1, 100000,
        'Pass NULL for all.');
    v_from := activity_sql.window_start(p_days * 24, p_as_of);

    RETURN QUERY
    WITH cells AS MATERIALIZED (
        SELECT
            activity.ip,
            activity."user",
            activity.collection,
            activity.action,
            count(*) AS actions,
            min(activity."timestamp") AS first_seen,
            max(activity."timestamp") AS last_seen
        FROM "Direct""us".directus_activity AS activity
        WHERE activity."timestamp" >= v_from
            AND (p_as_of IS NULL OR activity."timestamp" < p_as_of)
            AND activity.ip IS NOT NULL
        GROUP BY activity.ip, activity."user", activity.collection, activity.action
    ),
    busiest AS MATERIALIZED (
        SELECT
            cell.ip,
            sum(cell.actions)::bigint AS actions,
            coalesce(sum(cell.actions) FILTER (WHERE cell.action = 'delete'), 0)::bigint AS deletes,
            count(DISTINCT cell.collection) AS collections,
            count(DISTINCT cell.action) AS action_kinds,
            count(DISTINCT cell."user") AS users,
            count(DISTINCT cell."user") + bool_or(cell."user" IS NULL)::integer AS actors,
            min(cell.first_seen) AS first_seen,
            max(cell.last_seen) AS last_seen
        FROM cells AS cell
        GROUP BY cell.ip
        HAVING sum(cell.actions) >= p_min_count
        ORDER BY sum(cell.actions) DESC, cell.ip COLLATE "C"
        LIMIT p_limit
    ),
    breakdowns AS (
        SELECT
            per_action.ip,
            jsonb_object_agg(per_action.action, per_action.actions) AS actions
        FROM (
            SELECT cell.ip, cell.action, sum(cell.actions)::bigint AS actions
            FROM cells AS cell
            JOIN busiest ON busiest.ip = cell.ip
            GROUP BY cell.ip, cell.action
        ) AS per_action
        GROUP BY per_action.ip
    )
    SELECT
        busiest.ip,
        busiest.actions,
        busiest.collections,
        breakdowns.actions,
        busiest.first_seen,
        busiest.last_seen,
        CASE
            WHEN busiest.actions > 1000 THEN 3
            WHEN busiest.actions > 500 THEN 2
            WHEN busiest.actions > 100 THEN 1
            ELSE 0
        END
        + CASE WHEN busiest.collections > 10 THEN 2 WHEN busiest.collections > 5 THEN 1 ELSE 0 END,
        busiest.users,
        score.risk_level,
        score.activity_score,
        score.risk_reasons
    FROM busiest
    JOIN breakdowns ON breakdowns.ip = busiest.ip
    CROSS JOIN LATERAL activity_sql.score_address(
        busiest.actions,
        busiest.actors * p_days,
        busiest.deletes,
        busiest.collections,
        busiest.action_kinds
    ) AS score
    ORDER BY busiest.actions DESC, busiest.ip COLLATE "C";
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
