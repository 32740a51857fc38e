-- Rows, users and addresses per hour, day, week or month of a time zone.
--
-- Each day of the rollups, each hour and each moment of the cells is mapped to its
-- calendar bucket once; what happened is joined to it by equality. Of the hours' arrays
-- only those are unpacked that the question needs.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT.
-- Cost: days, weeks and months of the reporting time zone: grows with the days, users
-- and addresses in the window. Hours and other time zones: with the cells of its
-- hours. Zones whose clock is not on the full hour with UTC's: with its rows.
CREATE OR REPLACE FUNCTION {{ directus }}.get_activity_timeseries(
    p_days       integer     DEFAULT 7,
    p_bucket     text        DEFAULT 'day',
    p_collection text        DEFAULT NULL,
    p_action     text        DEFAULT NULL,
    p_timezone   text        DEFAULT 'UTC',
    p_as_of      timestamptz DEFAULT NULL
)
    RETURNS TABLE (
        bucket       timestamptz,
        total        bigint,
        unique_users bigint,
        unique_ips   bigint,
        by_action    jsonb
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
    v_from       timestamptz;
    v_window     activity_sql.window_parts;
    v_rest       activity_sql.window_parts;
    v_collection integer;
    v_action     integer;
BEGIN
    PERFORM activity_sql.require_between('p_days', p_days, 1, 36500,
        'Pass the window in whole days, for example 7.');
    PERFORM activity_sql.require_one_of('p_bucket', p_bucket, '{day,hour,week,month}');
    PERFORM activity_sql.require_time_zone('p_timezone', p_timezone);
    v_from := activity_sql.window_start(p_days * 24, p_as_of);
    v_window := activity_sql.split_series(v_from, p_as_of, p_bucket, p_timezone);
    v_collection := (
        SELECT collection.id
        FROM activity_sql.collection AS collection
        WHERE collection.name = p_collection
    );
    v_action := (
        SELECT action.id FROM activity_sql.action AS action WHERE action.name = p_action
    );

    -- Whole days that the series does not put together are counted already.
    v_rest := v_window;
    IF p_bucket = 'day' AND num_nonnulls(p_collection, p_action) = 0 THEN
        v_rest.days1_first := NULL;
    END IF;

    RETURN QUERY
    WITH cells AS MATERIALIZED (
        SELECT
            cell.moment,
            cell.address,
            cell.new_ip,
            cell.account,
            cell.new_user,
            cell.action,
            cell.new_action,
            cell.actions
        FROM activity_sql.window_rows(v_window, p_moments => true) AS cell
        WHERE (
                p_collection IS NULL
                OR cell.collection = v_collection
                OR cell.new_collection = p_collection
            )
            AND (p_action IS NULL OR cell.action = v_action OR cell.new_action = p_action)
    ),
    moments AS MATERIALIZED (
        SELECT
            part.moment,
            activity_sql.calendar_bucket(part.moment, p_bucket, p_timezone) AS bucket
        FROM (
            SELECT hourly.hour AS moment
            FROM activity_sql.activity_hour AS hourly
            WHERE activity_sql.hour_in_window(hourly.hour, v_window)
            UNION
            SELECT cell.moment
            FROM cells AS cell
        ) AS part
    ),
    day_actions AS MATERIALIZED (
        SELECT
            'd'::"char" AS grain,
            total.day,
            unnest(total.per_action) AS action,
            unnest(total.per_action_actions)::bigint AS actions
        FROM activity_sql.day_total AS total
        WHERE v_rest.days1_first IS NULL
            AND total.day >= v_window.days1_first
            AND total.day <= v_window.days1_last
        UNION ALL
        SELECT rollup.grain, rollup.bucket, rollup.action, sum(rollup.actions)
        FROM activity_sql.collection_action_rollup AS rollup
        WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_rest)
            AND (p_collection IS NULL OR rollup.collection = v_collection)
            AND (p_action IS NULL OR rollup.action = v_action)
        GROUP BY rollup.grain, rollup.bucket, rollup.action
    ),
    days AS MATERIALIZED (
        SELECT
            part.grain,
            part.day,
            part.bucket,
            v_rest.days1_first IS NULL
            AND part.grain = 'd'
            AND NOT EXISTS (SELECT FROM moments WHERE moments.bucket = part.bucket) AS counted
        FROM (
            SELECT
                known.grain,
                known.day,
                activity_sql.calendar_bucket(
                    activity_sql.day_start(known.day, p_timezone), p_bucket, p_timezone
                ) AS bucket
            FROM (SELECT DISTINCT day_action.grain, day_action.day FROM day_actions AS day_action)
                AS known
        ) AS part
    ),
    counts AS MATERIALIZED (
        SELECT days.bucket, total.accounts, total.addresses
        FROM days
        JOIN activity_sql.day_total AS total ON total.day = days.day
        WHERE days.counted
    ),
    totals AS MATERIALIZED (
        SELECT
            per_action.bucket,
            sum(per_action.actions)::bigint AS actions,
            jsonb_object_agg(per_action.action, per_action.actions) AS by_action
        FROM (
            SELECT
                part.bucket,
                coalesce(action.name, part.new_action) AS action,
                sum(part.actions) AS actions
            FROM (
                SELECT
                    days.bucket, day_action.action, NULL::text AS new_action, day_action.actions
                FROM day_actions AS day_action
                JOIN days USING (grain, day)
                UNION ALL
                SELECT hour_cell.bucket, hour_cell.action, NULL::text, sum(hour_cell.actions)
                FROM (
                    SELECT
                        moments.bucket,
                        unnest(
                            CASE
                                WHEN p_collection IS NULL THEN hourly.per_action
                                ELSE hourly.cell_action
                            END
                        ) AS action,
                        unnest(
                            CASE
                                WHEN p_collection IS NULL THEN hourly.per_action_actions
                                ELSE hourly.cell_actions
                            END
                        ) AS actions,
                        unnest(
                            CASE WHEN p_collection IS NOT NULL THEN hourly.cell_collection END
                        ) AS collection
                    FROM activity_sql.activity_hour AS hourly
                    JOIN moments ON moments.moment = hourly.hour
                    WHERE activity_sql.hour_in_window(hourly.hour, v_window)
                ) AS hour_cell
                WHERE (p_collection IS NULL OR hour_cell.collection = v_collection)
                    AND (p_action IS NULL OR hour_cell.action = v_action)
                GROUP BY hour_cell.bucket, hour_cell.action
                UNION ALL
                SELECT moments.bucket, cell.action, cell.new_action, cell.actions
                FROM cells AS cell
                JOIN moments USING (moment)
            ) AS part
            LEFT JOIN activity_sql.action AS action ON action.id = part.action
            GROUP BY part.bucket, coalesce(action.name, part.new_action)
        ) AS per_action
        GROUP BY per_action.bucket
    ),
    users AS (
        SELECT acting.bucket, count(*) AS users
        FROM (
            -- Unfiltered apart from filtered: of the former the index has all.
            SELECT days.bucket, rollup.account
            FROM activity_sql.account_rollup AS rollup
            JOIN days ON days.grain = rollup.grain AND days.day = rollup.bucket
            WHERE NOT days.counted
                AND num_nonnulls(p_collection, p_action) = 0
            UNION
            SELECT days.bucket, rollup.account
            FROM activity_sql.account_rollup AS rollup
            JOIN days ON days.grain = rollup.grain AND days.day = rollup.bucket
            WHERE NOT days.counted
                AND p_collection IS NULL
                AND p_action IS NOT NULL
                AND v_action = ANY (rollup.per_pair_action)
            UNION
            SELECT days.bucket, account.id
            FROM activity_sql.collection_action_rollup AS rollup
            JOIN days ON days.grain = rollup.grain AND days.day = rollup.bucket
            CROSS JOIN LATERAL unnest(rollup.accounts) AS account (id)
            WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
                AND rollup.collection = v_collection
                AND (p_action IS NULL OR rollup.action = v_action)
                AND account.id <> 0
            UNION
            SELECT hour_cell.bucket, hour_cell.account
            FROM (
                SELECT
                    moments.bucket,
                    unnest(
                        CASE
                            WHEN num_nonnulls(p_collection, p_action) = 0 THEN hourly.per_account
                            ELSE hourly.cell_account
                        END
                    ) AS account,
                    unnest(CASE WHEN p_collection IS NOT NULL THEN hourly.cell_collection END)
                        AS collection,
                    unnest(CASE WHEN p_action IS NOT NULL THEN hourly.cell_action END) AS action
                FROM activity_sql.activity_hour AS hourly
                JOIN moments ON moments.moment = hourly.hour
                WHERE activity_sql.hour_in_window(hourly.hour, v_window)
            ) AS hour_cell
            WHERE hour_cell.account <> 0
                AND (p_collection IS NULL OR hour_cell.collection = v_collection)
                AND (p_action IS NULL OR hour_cell.action = v_action)
            UNION
            SELECT moments.bucket, cell.account
            FROM cells AS cell
            JOIN moments USING (moment)
            WHERE cell.account IS NOT NULL
        ) AS acting
        GROUP BY acting.bucket
    ),
    addresses AS (
        SELECT acting.bucket, count(*) AS addresses
        FROM (
            -- As with users.
            SELECT days.bucket, rollup.address
            FROM activity_sql.address_rollup AS rollup
            JOIN days ON days.grain = rollup.grain AND days.day = rollup.bucket
            WHERE NOT days.counted
                AND num_nonnulls(p_collection, p_action) = 0
            UNION
            SELECT days.bucket, rollup.address
            FROM activity_sql.address_rollup AS rollup
            JOIN days ON days.grain = rollup.grain AND days.day = rollup.bucket
            WHERE NOT days.counted
                AND p_collection IS NULL
                AND p_action IS NOT NULL
                AND v_action = ANY (rollup.per_action)
            UNION
            SELECT days.bucket, address.id
            FROM activity_sql.collection_action_rollup AS rollup
            JOIN days ON days.grain = rollup.grain AND days.day = rollup.bucket
            CROSS JOIN LATERAL unnest(rollup.addresses) AS address (id)
            WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
                AND rollup.collection = v_collection
                AND (p_action IS NULL OR rollup.action = v_action)
                AND address.id <> 0
            UNION
            SELECT hour_cell.bucket, hour_cell.address
            FROM (
                SELECT
                    moments.bucket,
                    unnest(
                        CASE
                            WHEN num_nonnulls(p_collection, p_action) = 0 THEN hourly.per_address
                            ELSE hourly.cell_address
                        END
                    ) AS address,
                    unnest(CASE WHEN p_collection IS NOT NULL THEN hourly.cell_collection END)
                        AS collection,
                    unnest(CASE WHEN p_action IS NOT NULL THEN hourly.cell_action END) AS action
                FROM activity_sql.activity_hour AS hourly
                JOIN moments ON moments.moment = hourly.hour
                WHERE activity_sql.hour_in_window(hourly.hour, v_window)
            ) AS hour_cell
            WHERE hour_cell.address <> 0
                AND (p_collection IS NULL OR hour_cell.collection = v_collection)
                AND (p_action IS NULL OR hour_cell.action = v_action)
            UNION
            SELECT moments.bucket, cell.address
            FROM cells AS cell
            JOIN moments USING (moment)
            WHERE cell.address IS NOT NULL
        ) AS acting
        GROUP BY acting.bucket
    ),
    newcomers AS (
        SELECT
            moments.bucket,
            count(DISTINCT cell.new_user) AS users,
            count(DISTINCT cell.new_ip) AS addresses
        FROM cells AS cell
        JOIN moments USING (moment)
        WHERE cell.new_user IS NOT NULL OR cell.new_ip IS NOT NULL
        GROUP BY moments.bucket
    ),
    series AS (
        SELECT gap.bucket
        FROM activity_sql.calendar_buckets(
            v_from, coalesce(p_as_of, now() + interval '1 microsecond'), p_bucket, p_timezone
        ) AS gap (bucket)
        UNION
        SELECT totals.bucket
        FROM totals
    )
    SELECT
        series.bucket,
        coalesce(totals.actions, 0),
        coalesce(counts.accounts, users.users, 0) + coalesce(newcomers.users, 0),
        coalesce(counts.addresses, addresses.addresses, 0) + coalesce(newcomers.addresses, 0),
        coalesce(totals.by_action, '{}')
    FROM series
    LEFT JOIN totals ON totals.bucket = series.bucket
    LEFT JOIN counts ON counts.bucket = series.bucket
    LEFT JOIN users ON users.bucket = series.bucket
    LEFT JOIN addresses ON addresses.bucket = series.bucket
    LEFT JOIN newcomers ON newcomers.bucket = series.bucket
    ORDER BY series.bucket;
END;
$function$;

COMMENT ON FUNCTION {{ directus }}.get_activity_timeseries(
    integer, text, text, text, text, timestamptz
) IS
    'Activity over the last p_days days (24 hours each) per bucket of p_timezone, an IANA name: '
    'p_bucket is hour, day, week (from Monday) or month; of one collection, one action, where '
    'given. bucket is when it begins, by time; then rows, distinct users and addresses, and '
    'by_action {action: count}. Every bucket up to now or p_as_of has a row, zeros and {} where '
    'nothing happened; later ones appear only where rows are. With p_as_of the window is [p_as_of '
    '- p_days, p_as_of), without it everything since now() - p_days: the first and the last bucket '
    'may be cut. Days have 23 to 25 hours where clocks change, and begin with the first moment of '
    'their date; an hour is one by the offset in force. Raises invalid_parameter_value for an '
    'argument out of range, object_not_in_prerequisite_state where hours are asked for, or days of '
    'another zone than the rollups'', that are no longer kept.';

REVOKE ALL ON FUNCTION {{ directus }}.get_activity_timeseries(
    integer, text, text, text, text, timestamptz
) FROM PUBLIC;
