-- Logins per user over the last p_days days, most first.
--
-- Who logged in most is decided on months where they fit; the days of those that
-- are returned come from the grain of days. Addresses are kept as sets, without the
-- moment, so the last one is read from the row of the last login.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT.
-- Cost: grows with the days and users in the window, not with its rows.
CREATE OR REPLACE FUNCTION {{ directus }}.get_user_logins(
    p_days  integer     DEFAULT 30,
    p_limit integer     DEFAULT 100,
    p_as_of timestamptz DEFAULT NULL
)
    RETURNS TABLE (
        user_id      uuid,
        logins       bigint,
        login_days   bigint,
        distinct_ips bigint,
        last_login   timestamptz,
        last_ip      varchar(50)
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
    v_from           timestamptz;
    v_window         activity_sql.window_parts;
    v_days           activity_sql.window_parts;
    v_zone           text;
BEGIN
    PERFORM activity_sql.require_between('p_days', p_days, 1, 36500,
        'Pass the window in whole days, for example 30.');
    PERFORM activity_sql.require_between('p_limit', coalesce(p_limit, 1), 1, 100000,
        'Pass NULL for all.');
    v_from := activity_sql.window_start(p_days * 24, p_as_of);
    v_window := activity_sql.split_window(v_from, p_as_of);
    v_days := activity_sql.split_window(v_from, p_as_of, 'day');
    SELECT mark.time_zone
    INTO v_zone
    FROM activity_sql.watermark AS mark;

    RETURN QUERY
    WITH cells AS MATERIALIZED (
        SELECT
            coalesce(account.user_id, cell.new_user) AS user_id,
            cell.address,
            cell.new_ip,
            cell.actions,
            cell.last_seen,
            (cell.moment AT TIME ZONE v_zone)::date AS day
        FROM activity_sql.window_cells(v_window, p_moments => true) AS cell
        LEFT JOIN activity_sql.action AS action ON action.id = cell.action
        LEFT JOIN activity_sql.account AS account ON account.id = cell.account
        WHERE coalesce(action.name, cell.new_action) = 'login'
            AND coalesce(account.user_id, cell.new_user) IS NOT NULL
    ),
    busiest AS MATERIALIZED (
        SELECT
            part.user_id,
            max(part.account) AS account,
            sum(part.logins)::bigint AS logins,
            max(part.last_login) AS last_login
        FROM (
            SELECT
                account.user_id,
                account.id AS account,
                sum(rollup.logins) AS logins,
                max(rollup.last_login) AS last_login
            FROM activity_sql.login_rollup AS rollup
            JOIN activity_sql.account AS account ON account.id = rollup.account
            WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
            GROUP BY account.id
            UNION ALL
            SELECT cell.user_id, NULL, cell.actions, cell.last_seen
            FROM cells AS cell
        ) AS part
        GROUP BY part.user_id
        ORDER BY sum(part.logins) DESC, part.user_id
        LIMIT p_limit
    ),
    days AS (
        SELECT active.user_id, count(*) AS days
        FROM (
            SELECT busiest.user_id, rollup.bucket AS day
            FROM busiest
            JOIN activity_sql.login_rollup AS rollup ON rollup.account = busiest.account
            WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_days)
            UNION
            SELECT cell.user_id, cell.day
            FROM cells AS cell
        ) AS active
        GROUP BY active.user_id
    ),
    ips AS (
        SELECT seen.user_id, count(nullif(seen.address, 0)) + count(seen.new_ip) AS ips
        FROM (
            SELECT busiest.user_id, unnest(rollup.addresses) AS address, NULL::text AS new_ip
            FROM busiest
            JOIN activity_sql.login_rollup AS rollup ON rollup.account = busiest.account
            WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
            UNION
            SELECT cell.user_id, cell.address, cell.new_ip
            FROM cells AS cell
        ) AS seen
        GROUP BY seen.user_id
    )
    SELECT
        busiest.user_id,
        busiest.logins,
        days.days,
        ips.ips,
        busiest.last_login,
        last_row.ip
    FROM busiest
    JOIN days ON days.user_id = busiest.user_id
    JOIN ips ON ips.user_id = busiest.user_id
    CROSS JOIN LATERAL (
        SELECT (array_agg(activity.ip ORDER BY activity.id DESC))[1]::varchar(50) AS ip
        FROM {{ directus }}.directus_activity AS activity
        WHERE activity."timestamp" = busiest.last_login
            AND activity."user" = busiest.user_id
            AND activity.action = 'login'
    ) AS last_row
    ORDER BY busiest.logins DESC, busiest.user_id;
END;
$function$;
