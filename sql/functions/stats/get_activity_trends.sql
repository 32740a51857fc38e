-- Activity of a window beside the window before, per collection, action, address or user.
--
-- Most often one hour is cut in two between the windows. It is counted whole in the one before, and
-- what is cut out of it for the later one is taken off there: one hour less to cut.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT.
-- Cost: grows with the days and keys in the two windows, not with their rows.
CREATE OR REPLACE FUNCTION {{ directus }}.get_activity_trends(
    p_days  integer     DEFAULT 30,
    p_by    text        DEFAULT 'collection',
    p_limit integer     DEFAULT 100,
    p_as_of timestamptz DEFAULT NULL
)
    RETURNS TABLE (
        subject        text,
        current_count  bigint,
        previous_count bigint,
        growth         bigint,
        trend_percent  numeric,
        trend          text
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
    v_from          timestamptz;
    v_window        activity_sql.window_parts;
    v_before        activity_sql.window_parts;
    v_shared        timestamptz;
    -- A flag is looked at faster than a word, for each of the cells.
    v_by_collection boolean := p_by = 'collection';
    v_by_action     boolean := p_by = 'action';
    v_by_ip         boolean := p_by = 'ip';
BEGIN
    PERFORM activity_sql.require_between('p_days', p_days, 1, 36500,
        'Pass the window in whole days, for example 7.');
    PERFORM activity_sql.require_one_of('p_by', p_by, '{collection,action,ip,user}');
    PERFORM activity_sql.require_between('p_limit', coalesce(p_limit, 1), 1, 100000,
        'Pass NULL for all.');
    v_from := activity_sql.window_start(p_days * 24, p_as_of);
    v_window := activity_sql.split_window(v_from, p_as_of);
    v_before := activity_sql.split_window(v_from - make_interval(hours => p_days * 24), v_from);
    IF v_before.cut2_to = v_window.cut1_from THEN
        v_shared := v_before.cut2_from;
        v_before.cut2_from := NULL;
        v_before.cut2_to := NULL;
    END IF;

    RETURN QUERY
    WITH tail AS (
        SELECT
            CASE
                WHEN v_by_collection THEN cell.collection
                WHEN v_by_action THEN cell.action
                WHEN v_by_ip THEN cell.address
                ELSE cell.account
            END AS number,
            CASE
                WHEN v_by_collection THEN cell.new_collection
                WHEN v_by_action THEN cell.new_action
                WHEN v_by_ip THEN cell.new_ip
                ELSE cell.new_user::text
            END AS name,
            cell.current,
            cell.previous
        FROM (
            SELECT
                cell.collection,
                cell.action,
                cell.address,
                cell.account,
                cell.new_collection,
                cell.new_action,
                cell.new_ip,
                cell.new_user,
                cell.actions AS current,
                0 AS previous
            FROM activity_sql.row_cells(v_window, p_addresses => v_by_ip) AS cell
            UNION ALL
            SELECT
                cell.collection,
                cell.action,
                cell.address,
                cell.account,
                cell.new_collection,
                cell.new_action,
                cell.new_ip,
                cell.new_user,
                0,
                cell.actions
            FROM activity_sql.row_cells(v_before, p_addresses => v_by_ip) AS cell
        ) AS cell
    ),
    parts AS (
        SELECT
            CASE WHEN v_by_collection THEN rollup.collection ELSE rollup.action END AS number,
            NULL::text AS name,
            rollup.actions AS current,
            0 AS previous
        FROM activity_sql.collection_action_rollup AS rollup
        WHERE (v_by_collection OR v_by_action)
            AND activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
        UNION ALL
        SELECT
            CASE WHEN v_by_collection THEN rollup.collection ELSE rollup.action END,
            NULL,
            0,
            rollup.actions
        FROM activity_sql.collection_action_rollup AS rollup
        WHERE (v_by_collection OR v_by_action)
            AND activity_sql.in_window(rollup.grain, rollup.bucket, v_before)
        UNION ALL
        SELECT rollup.address, NULL, rollup.actions, 0
        FROM activity_sql.address_rollup AS rollup
        WHERE v_by_ip AND activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
        UNION ALL
        SELECT rollup.address, NULL, 0, rollup.actions
        FROM activity_sql.address_rollup AS rollup
        WHERE v_by_ip AND activity_sql.in_window(rollup.grain, rollup.bucket, v_before)
        UNION ALL
        SELECT rollup.account, NULL, rollup.actions, 0
        FROM activity_sql.account_rollup AS rollup
        WHERE p_by = 'user' AND activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
        UNION ALL
        SELECT rollup.account, NULL, 0, rollup.actions
        FROM activity_sql.account_rollup AS rollup
        WHERE p_by = 'user' AND activity_sql.in_window(rollup.grain, rollup.bucket, v_before)
        UNION ALL
        SELECT hour_cell.number, NULL, hour_cell.actions, 0
        FROM (
            SELECT
                unnest(
                    CASE
                        WHEN v_by_collection THEN hourly.per_collection
                        WHEN v_by_action THEN hourly.per_action
                        WHEN v_by_ip THEN hourly.per_address
                        ELSE hourly.per_account
                    END
                ) AS number,
                unnest(
                    CASE
                        WHEN v_by_collection THEN hourly.per_collection_actions
                        WHEN v_by_action THEN hourly.per_action_actions
                        WHEN v_by_ip THEN hourly.per_address_actions
                        ELSE hourly.per_account_actions
                    END
                ) AS actions
            FROM activity_sql.activity_hour AS hourly
            WHERE activity_sql.hour_in_window(hourly.hour, v_window)
        ) AS hour_cell
        UNION ALL
        SELECT hour_cell.number, NULL, 0, hour_cell.actions
        FROM (
            SELECT
                unnest(
                    CASE
                        WHEN v_by_collection THEN hourly.per_collection
                        WHEN v_by_action THEN hourly.per_action
                        WHEN v_by_ip THEN hourly.per_address
                        ELSE hourly.per_account
                    END
                ) AS number,
                unnest(
                    CASE
                        WHEN v_by_collection THEN hourly.per_collection_actions
                        WHEN v_by_action THEN hourly.per_action_actions
                        WHEN v_by_ip THEN hourly.per_address_actions
                        ELSE hourly.per_account_actions
                    END
                ) AS actions
            FROM activity_sql.activity_hour AS hourly
            WHERE activity_sql.hour_in_window(hourly.hour, v_before) OR hourly.hour = v_shared
        ) AS hour_cell
        UNION ALL
        SELECT cell.number, NULL, cell.current, cell.previous
        FROM (
            SELECT
                CASE
                    WHEN v_by_collection THEN cut.collection
                    WHEN v_by_action THEN cut.action
                    WHEN v_by_ip THEN cut.address
                    ELSE cut.account
                END AS number,
                cut.current,
                cut.previous
            FROM (
                SELECT
                    later.collection,
                    later.action,
                    later.address,
                    later.account,
                    later.actions AS current,
                    CASE WHEN later.moment = v_shared THEN -later.actions ELSE 0 END AS previous
                FROM activity_sql.cut_cells(v_window, p_moments => true) AS later
                UNION ALL
                SELECT
                    earlier.collection,
                    earlier.action,
                    earlier.address,
                    earlier.account,
                    0,
                    earlier.actions
                FROM activity_sql.cut_cells(v_before) AS earlier
            ) AS cut
        ) AS cell
        WHERE cell.number IS NOT NULL
        UNION ALL
        SELECT tail.number, tail.name, tail.current, tail.previous
        FROM tail
        WHERE tail.number IS NOT NULL OR tail.name IS NOT NULL
    ),
    contenders AS (
        SELECT
            part.number,
            part.name,
            sum(part.current) AS current,
            sum(part.previous) AS previous
        FROM parts AS part
        GROUP BY part.number, part.name
        ORDER BY sum(part.current) DESC
        FETCH FIRST coalesce(p_limit, 2147483647) ROWS WITH TIES
    ),
    leaders AS (
        SELECT
            coalesce(
                contender.name, collection.name, action.name, address.ip, account.user_id::text
            ) AS subject,
            contender.current,
            contender.previous,
            contender.current - contender.previous AS growth
        FROM contenders AS contender
        LEFT JOIN activity_sql.collection AS collection
            ON v_by_collection AND collection.id = contender.number
        LEFT JOIN activity_sql.action AS action
            ON v_by_action AND action.id = contender.number
        LEFT JOIN activity_sql.address AS address
            ON v_by_ip AND address.id = contender.number
        LEFT JOIN activity_sql.account AS account
            ON p_by = 'user' AND account.id = contender.number
    )
    SELECT
        leader.subject,
        leader.current,
        leader.previous,
        leader.growth,
        round(100.0 * leader.growth / nullif(leader.previous, 0), 2),
        CASE
            WHEN leader.previous = 0 THEN 'new'
            WHEN leader.current = 0 THEN 'gone'
            WHEN abs(leader.growth) * 10 <= leader.previous THEN 'flat'
            WHEN leader.growth > 0 THEN 'up'
            ELSE 'down'
        END
    FROM leaders AS leader
    ORDER BY leader.current DESC, leader.subject COLLATE "C"
    LIMIT p_limit;
END;
$function$;

COMMENT ON FUNCTION {{ directus }}.get_activity_trends(integer, text, integer, timestamptz) IS
    'Rows per subject over the last p_days days (24 hours each) beside the p_days days before '
    'them, busiest first, then by subject, at most p_limit rows (NULL: all). p_by says what a '
    'subject is: collection, action, ip or user (its id as text); rows without an address or user '
    'form no subject there. Who was there before only is among them, with 0. growth: current - '
    'previous. trend_percent: 100 * growth / previous, two digits, NULL where previous is 0. '
    'trend: new where previous is 0, gone where current is 0; else flat where 10 * |growth| <= '
    'previous, that is within ten percent of the count before, ten percent itself included; else '
    'up or down. With p_as_of the window is [p_as_of - p_days, p_as_of), without it everything '
    'since now() - p_days; the one before ends where it begins. Raises invalid_parameter_value for '
    'an argument out of range.';

REVOKE ALL ON FUNCTION {{ directus }}.get_activity_trends(integer, text, integer, timestamptz)
    FROM PUBLIC;
