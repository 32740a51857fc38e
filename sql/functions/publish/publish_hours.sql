-- Bring activity_sql_hours and activity_sql_days up to date, where hours changed.
--
-- Folds, reconcile and rebuild change hours, and each hour carries its number of rows and
-- their fingerprint: only hours that are not as they were published are counted again, and
-- only rows that differ are written.
--
-- Locks: those of the rows it writes. Cost: grows with the cells of the changed hours and
-- with the days they are in; the first time with all published hours.
CREATE OR REPLACE FUNCTION activity_sql.publish_hours()
    RETURNS bigint
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET jit = off
AS $function$
DECLARE
    v_since   timestamptz := activity_sql.published_since('activity_sql_hours');
    -- Clocks run ahead a little; years ahead is no clock.
    v_until   timestamptz := activity_sql.hour_of(now()) + interval '1 day';
    v_first   date;
    v_last    date;
    v_zone    text;
    v_refill  boolean;
    v_hours   timestamptz[];
    v_days    date[];
    v_gone    bigint;
    v_written bigint;
    v_total   bigint;
BEGIN
    SELECT mark.time_zone
    INTO v_zone
    FROM activity_sql.watermark AS mark;
    v_first := (activity_sql.published_since('activity_sql_days') AT TIME ZONE v_zone)::date;
    v_last := (v_until AT TIME ZONE v_zone)::date;

    -- A new or an emptied table is filled again.
    v_refill := NOT EXISTS (SELECT FROM {{ directus }}.activity_sql_hours)
        OR NOT EXISTS (SELECT FROM {{ directus }}.activity_sql_days)
        OR NOT EXISTS (SELECT FROM activity_sql.published_hour);
    IF v_refill THEN
        DELETE FROM activity_sql.published_hour;
    END IF;

    -- Days begin up to a day before the first hour.
    SELECT array_agg(coalesce(hourly.hour, published.hour))
    INTO v_hours
    FROM (
        SELECT hourly.hour, hourly.actions, hourly.fingerprint
        FROM activity_sql.activity_hour AS hourly
        WHERE hourly.hour >= v_since - interval '2 days' AND hourly.hour < v_until
    ) AS hourly
    FULL JOIN activity_sql.published_hour AS published ON published.hour = hourly.hour
    WHERE (hourly.actions, hourly.fingerprint)
        IS DISTINCT FROM (published.actions, published.fingerprint);

    DELETE FROM {{ directus }}.activity_sql_hours AS published
    WHERE published.hour < v_since;
    GET DIAGNOSTICS v_total = ROW_COUNT;
    DELETE FROM {{ directus }}.activity_sql_days AS published
    WHERE published.day < v_first;
    GET DIAGNOSTICS v_gone = ROW_COUNT;
    v_total := v_total + v_gone;
    IF v_hours IS NULL AND NOT v_refill THEN
        RETURN v_total;
    END IF;

    WITH fresh AS MATERIALIZED (
        SELECT
            format(
                '%s %s',
                to_char(total.hour AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24"Z"'),
                collection.name
            ) AS id,
            total.hour,
            collection.name AS collection,
            total.actions,
            total.unique_users,
            total.unique_ips
        FROM (
            SELECT
                cell.hour,
                cell.collection,
                sum(cell.actions) AS actions,
                count(DISTINCT cell.account) AS unique_users,
                count(DISTINCT cell.address) AS unique_ips
            FROM activity_sql.hour_cells(v_since) AS cell
            WHERE cell.hour = ANY (v_hours)
            GROUP BY cell.hour, cell.collection
        ) AS total
        JOIN activity_sql.collection AS collection ON collection.id = total.collection
    ),
    gone AS (
        DELETE FROM {{ directus }}.activity_sql_hours AS published
        WHERE (v_refill OR published.hour = ANY (v_hours))
            AND NOT EXISTS (SELECT FROM fresh WHERE fresh.id = published.id)
        RETURNING 1
    ),
    written AS (
        INSERT INTO {{ directus }}.activity_sql_hours AS published (
            id, hour, collection, actions, unique_users, unique_ips
        )
        SELECT
            fresh.id,
            fresh.hour,
            fresh.collection,
            fresh.actions,
            fresh.unique_users,
            fresh.unique_ips
        FROM fresh
        ON CONFLICT (id) DO UPDATE SET
            actions = EXCLUDED.actions,
            unique_users = EXCLUDED.unique_users,
            unique_ips = EXCLUDED.unique_ips
        WHERE (published.actions, published.unique_users, published.unique_ips)
            IS DISTINCT FROM (EXCLUDED.actions, EXCLUDED.unique_users, EXCLUDED.unique_ips)
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM written)
    INTO v_written;
    v_total := v_total + v_written;

    SELECT array_agg(DISTINCT (changed.hour AT TIME ZONE v_zone)::date)
    INTO v_days
    FROM unnest(v_hours) AS changed (hour);
    WITH fresh AS MATERIALIZED (
        SELECT
            format('%s %s', to_char(total.day, 'YYYY-MM-DD'), action.name) AS id,
            total.day,
            action.name AS action,
            total.actions,
            total.unique_users,
            total.unique_ips
        FROM (
            SELECT
                sums.day,
                sums.action,
                sums.actions,
                (
                    SELECT count(DISTINCT account.id)
                    FROM activity_sql.collection_action_rollup AS rollup
                    CROSS JOIN LATERAL unnest(rollup.accounts) AS account (id)
                    WHERE rollup.grain = 'd'
                        AND rollup.bucket = sums.day
                        AND rollup.action = sums.action
                        AND account.id > 0
                ) AS unique_users,
                (
                    SELECT count(DISTINCT address.id)
                    FROM activity_sql.collection_action_rollup AS rollup
                    CROSS JOIN LATERAL unnest(rollup.addresses) AS address (id)
                    WHERE rollup.grain = 'd'
                        AND rollup.bucket = sums.day
                        AND rollup.action = sums.action
                        AND address.id > 0
                ) AS unique_ips
            FROM (
                SELECT rollup.bucket AS day, rollup.action, sum(rollup.actions) AS actions
                FROM activity_sql.collection_action_rollup AS rollup
                WHERE rollup.grain = 'd'
                    AND (v_refill OR rollup.bucket = ANY (v_days))
                    AND rollup.bucket BETWEEN v_first AND v_last
                GROUP BY rollup.bucket, rollup.action
            ) AS sums
        ) AS total
        JOIN activity_sql.action AS action ON action.id = total.action
    ),
    gone AS (
        DELETE FROM {{ directus }}.activity_sql_days AS published
        WHERE (v_refill OR published.day = ANY (v_days))
            AND NOT EXISTS (SELECT FROM fresh WHERE fresh.id = published.id)
        RETURNING 1
    ),
    written AS (
        INSERT INTO {{ directus }}.activity_sql_days AS published (
            id, day, action, actions, unique_users, unique_ips
        )
        SELECT
            fresh.id,
            fresh.day,
            fresh.action,
            fresh.actions,
            fresh.unique_users,
            fresh.unique_ips
        FROM fresh
        ON CONFLICT (id) DO UPDATE SET
            actions = EXCLUDED.actions,
            unique_users = EXCLUDED.unique_users,
            unique_ips = EXCLUDED.unique_ips
        WHERE (published.actions, published.unique_users, published.unique_ips)
            IS DISTINCT FROM (EXCLUDED.actions, EXCLUDED.unique_users, EXCLUDED.unique_ips)
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM written)
    INTO v_written;
    v_total := v_total + v_written;

    DELETE FROM activity_sql.published_hour AS published
    WHERE published.hour = ANY (v_hours)
        AND NOT EXISTS (
            SELECT
            FROM activity_sql.activity_hour AS hourly
            WHERE hourly.hour = published.hour
                AND hourly.hour >= v_since - interval '2 days'
        );
    INSERT INTO activity_sql.published_hour AS published (hour, actions, fingerprint)
    SELECT hourly.hour, hourly.actions, hourly.fingerprint
    FROM activity_sql.activity_hour AS hourly
    WHERE hourly.hour = ANY (v_hours)
        AND hourly.hour >= v_since - interval '2 days'
    ON CONFLICT (hour) DO UPDATE SET
        actions = EXCLUDED.actions,
        fingerprint = EXCLUDED.fingerprint;
    RETURN v_total;
END;
$function$;

COMMENT ON FUNCTION activity_sql.publish_hours() IS
    'Brings activity_sql_hours and activity_sql_days up to date with the rollups, and returns how '
    'many rows that wrote.';

REVOKE ALL ON FUNCTION activity_sql.publish_hours() FROM PUBLIC;
