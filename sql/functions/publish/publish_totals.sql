-- Write the one row of activity_sql_totals: headline figures where they are wanted anew,
-- and how fresh everything is.
--
-- Locks: those of the row it writes. Cost: with p_figures that of three dashboards and
-- three comparisons; else of rollup_status.
CREATE OR REPLACE FUNCTION activity_sql.publish_totals(p_figures boolean)
    RETURNS void
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET jit = off
AS $function$
BEGIN
    INSERT INTO {{ directus }}.activity_sql_totals AS published (
        id,
        published_at,
        lag_rows,
        lag_seconds,
        actions_24h,
        actions_24h_before,
        trend_24h,
        actions_7d,
        actions_7d_before,
        trend_7d,
        actions_30d,
        actions_30d_before,
        trend_30d,
        users_24h,
        users_7d,
        users_30d,
        addresses_24h,
        addresses_7d,
        addresses_30d,
        logins_7d,
        deletes_7d,
        alerts_24h,
        alerts_7d,
        alerts_high_7d
    )
    VALUES (1, now(), 0, 0, 0, 0, '', 0, 0, '', 0, 0, '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    ON CONFLICT (id) DO NOTHING;
    IF FOUND OR p_figures THEN
        UPDATE {{ directus }}.activity_sql_totals AS published
        SET
            actions_24h = day.actions,
            actions_24h_before = day.before,
            trend_24h = activity_sql.trend_words(day.actions, day.before, '24 hours'),
            actions_7d = week.actions,
            actions_7d_before = week.before,
            trend_7d = activity_sql.trend_words(week.actions, week.before, '7 days'),
            actions_30d = month.actions,
            actions_30d_before = month.before,
            trend_30d = activity_sql.trend_words(month.actions, month.before, '30 days'),
            users_24h = (day.summary ->> 'uniqueUsers')::bigint,
            users_7d = (week.summary ->> 'uniqueUsers')::bigint,
            users_30d = (month.summary ->> 'uniqueUsers')::bigint,
            addresses_24h = (day.summary ->> 'uniqueIPs')::bigint,
            addresses_7d = (week.summary ->> 'uniqueIPs')::bigint,
            addresses_30d = (month.summary ->> 'uniqueIPs')::bigint,
            logins_7d = week.logins,
            deletes_7d = week.deletes
        FROM
            activity_sql.window_figures(1) AS day,
            activity_sql.window_figures(7) AS week,
            activity_sql.window_figures(30) AS month;
    END IF;

    UPDATE {{ directus }}.activity_sql_totals AS published
    SET
        published_at = now(),
        covered_since = activity_sql.covered_since(),
        rows_since = (
            SELECT activity."timestamp"
            FROM {{ directus }}.directus_activity AS activity
            WHERE isfinite(activity."timestamp")
            ORDER BY activity."timestamp"
            LIMIT 1
        ),
        folded_at = status.folded_at,
        lag_rows = status.tail_rows,
        lag_seconds = least(status.lag_seconds, 2147483647),
        alerts_24h = alert.of_day,
        alerts_7d = alert.of_week,
        alerts_high_7d = alert.high
    FROM
        activity_sql.rollup_status() AS status,
        (
            SELECT
                count(*) FILTER (
                    WHERE recent.detected_at >= now() - interval '24 hours'
                ) AS of_day,
                count(*) AS of_week,
                count(*) FILTER (WHERE recent.severity IN ('high', 'critical')) AS high
            FROM {{ directus }}.activity_sql_alerts AS recent
        ) AS alert;
END;
$function$;

COMMENT ON FUNCTION activity_sql.publish_totals(boolean) IS
    'Writes the row of activity_sql_totals: with p_figures, or where it is new, everything; else '
    'only how fresh the figures are, and how many alerts there are.';

REVOKE ALL ON FUNCTION activity_sql.publish_totals(boolean) FROM PUBLIC;
