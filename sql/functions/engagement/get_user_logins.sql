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
    SET plan_cache_mode = force_generic_plan
    SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    v_from   timestamptz;
    v_window activity_sql.window_parts;
    v_days   activity_sql.window_parts;
    v_zone   text;
    v_login  integer;
BEGIN
    PERFORM activity_sql.require_between('p_days', p_days, 1, 36500,
        'Pass the window in whole days, for example 30.');
    PERFORM activity_sql.require_between('p_limit', coalesce(p_limit, 1), 1, 100000,
        'Pass NULL for all.');
    v_from := activity_sql.window_start(p_days * 24, p_as_of);
    v_window := activity_sql.split_window(v_from, p_as_of);
    v_days := v_window;
    IF v_window.pentads1_first IS NOT NULL THEN
        v_days := activity_sql.split_window(v_from, p_as_of, 'day');
    END IF;
    SELECT mark.time_zone
    INTO v_zone
    FROM activity_sql.watermark AS mark;
    SELECT action.id
    INTO v_login
    FROM activity_sql.action AS action
    WHERE action.name = 'login';

    RETURN QUERY
    WITH cells AS MATERIALIZED (
        SELECT
            folded.account,
            NULL::uuid AS new_user,
            folded.address,
            NULL::text AS new_ip,
            folded.actions,
            coalesce(folded.last_seen, folded.first_seen) AS last_seen,
            (folded.hour AT TIME ZONE v_zone)::date AS day
        FROM (
            SELECT
                hourly.hour,
                unnest(hourly.cell_account) AS account,
                unnest(hourly.cell_address) AS address,
                unnest(hourly.cell_action) AS action,
                unnest(hourly.cell_actions) AS actions,
                unnest(hourly.cell_first_seen) AS first_seen,
                unnest(hourly.cell_last_seen) AS last_seen
            FROM activity_sql.activity_hour AS hourly
            WHERE activity_sql.hour_in_window(hourly.hour, v_window)
        ) AS folded
        WHERE folded.action = v_login AND folded.account <> 0
        UNION ALL
        SELECT
            coalesce(cell.account, 0),
            cell.new_user,
            cell.address,
            cell.new_ip,
            cell.actions,
            cell.last_seen,
            (cell.moment AT TIME ZONE v_zone)::date
        FROM activity_sql.window_rows(v_window, p_moments => true, p_action => 'login') AS cell
        WHERE cell.account IS NOT NULL OR cell.new_user IS NOT NULL
    ),
    buckets AS MATERIALIZED (
        SELECT rollup.account, rollup.logins, rollup.last_login, rollup.addresses
        FROM activity_sql.login_rollup AS rollup
        WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
    ),
    busiest AS MATERIALIZED (
        SELECT
            total.account,
            coalesce(account.user_id, total.new_user) AS user_id,
            total.logins,
            total.last_login
        FROM (
            SELECT
                part.account,
                part.new_user,
                sum(part.logins) AS logins,
                max(part.last_login) AS last_login
            FROM (
                SELECT bucket.account, NULL::uuid AS new_user, bucket.logins, bucket.last_login
                FROM buckets AS bucket
                UNION ALL
                SELECT cell.account, cell.new_user, cell.actions, cell.last_seen
                FROM cells AS cell
            ) AS part
            GROUP BY part.account, part.new_user
        ) AS total
        LEFT JOIN activity_sql.account AS account ON account.id = total.account
        ORDER BY total.logins DESC, coalesce(account.user_id, total.new_user)
        LIMIT p_limit
    ),
    edges AS MATERIALIZED (
        SELECT busiest.user_id, busiest.account, cell.day, cell.address, cell.new_ip
        FROM busiest
        JOIN cells AS cell ON cell.account = busiest.account
        WHERE cell.account <> 0 OR cell.new_user = busiest.user_id
    ),
    -- A whole day is a row of its own, and is counted; the quarters of one, and what else has a login
    -- on it, are a set of days.
    whole AS MATERIALIZED (
        SELECT
            rollup.account,
            count(*) FILTER (WHERE rollup.grain = 'd')
            + coalesce(sum(rollup.days) FILTER (WHERE rollup.grain = 't'), 0) AS days,
            array_agg(rollup.bucket) FILTER (WHERE rollup.grain NOT IN ('d', 't')) AS others
        FROM busiest
        JOIN activity_sql.login_rollup AS rollup ON rollup.account = busiest.account
        WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_days)
        GROUP BY rollup.account
    ),
    days AS (
        SELECT part.user_id, sum(part.days)::bigint AS days
        FROM (
            SELECT busiest.user_id, whole.days
            FROM whole
            JOIN busiest ON busiest.account = whole.account
            UNION ALL
            SELECT active.user_id, count(*)
            FROM (
                SELECT busiest.user_id, unnest(whole.others) AS day
                FROM whole
                JOIN busiest ON busiest.account = whole.account
                UNION
                -- The day of a late row may be counted already.
                SELECT edge.user_id, edge.day
                FROM edges AS edge
                WHERE (
                        SELECT true
                        FROM activity_sql.login_rollup AS counted
                        WHERE counted.grain = 'd'
                            AND counted.bucket = edge.day
                            AND counted.account = edge.account
                            AND (
                                activity_sql.in_window('d', edge.day, v_days)
                                OR (
                                    edge.day >= v_days.trailing_from
                                    AND edge.day < v_days.days3_first
                                )
                            )
                    ) IS NULL
            ) AS active
            GROUP BY active.user_id
        ) AS part
        GROUP BY part.user_id
    ),
    ips AS (
        SELECT seen.user_id, count(nullif(seen.address, 0)) + count(seen.new_ip) AS ips
        FROM (
            SELECT busiest.user_id, unnest(bucket.addresses) AS address, NULL::text AS new_ip
            FROM busiest
            JOIN buckets AS bucket ON bucket.account = busiest.account
            UNION
            SELECT edge.user_id, edge.address, edge.new_ip
            FROM edges AS edge
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

COMMENT ON FUNCTION {{ directus }}.get_user_logins(integer, integer, timestamptz) IS
    'Logins per user over the last p_days days (24 hours each), most first: one row per user who '
    'logged in, at most p_limit rows (NULL: all). With p_as_of the window is [p_as_of - p_days, '
    'p_as_of), without it everything since now() - p_days. login_days: calendar days of the '
    'reporting time zone (setting time_zone, UTC) with a login. last_ip: of the row of the last '
    'login, of several in one moment the one of the highest id; NULL where that row is gone. Rows '
    'without a user form no row; Directus records no failed logins. Raises '
    'invalid_parameter_value for an argument out of range.';

REVOKE ALL ON FUNCTION {{ directus }}.get_user_logins(integer, integer, timestamptz) FROM PUBLIC;
