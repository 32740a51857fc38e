-- Activity by day, for those who know this view; the functions are the way. From the
-- rollups of days, as mv_activity_hourly_stats from those of hours.
--
-- Locks: none on directus_activity. Cost: the rollups of the published days, at each
-- refresh.
CREATE MATERIALIZED VIEW {{ directus }}.mv_activity_daily_summary AS
WITH since AS MATERIALIZED (
    SELECT
        (
            activity_sql.published_since('mv_activity_daily_summary')
            AT TIME ZONE mark.time_zone
        )::date AS day
    FROM activity_sql.watermark AS mark
),
totals AS (
    SELECT
        per_action.day,
        sum(per_action.actions)::bigint AS total,
        jsonb_object_agg(action.name, per_action.actions) AS by_action
    FROM (
        SELECT rollup.bucket AS day, rollup.action, sum(rollup.actions) AS actions
        FROM activity_sql.collection_action_rollup AS rollup
        WHERE rollup.grain = 'd' AND rollup.bucket >= (SELECT since.day FROM since)
        GROUP BY rollup.bucket, rollup.action
    ) AS per_action
    JOIN activity_sql.action AS action ON action.id = per_action.action
    GROUP BY per_action.day
),
users AS (
    SELECT rollup.bucket AS day, count(DISTINCT rollup.account) AS unique_users
    FROM activity_sql.account_rollup AS rollup
    WHERE rollup.grain = 'd' AND rollup.bucket >= (SELECT since.day FROM since)
    GROUP BY rollup.bucket
),
ips AS (
    SELECT rollup.bucket AS day, count(DISTINCT rollup.address) AS unique_ips
    FROM activity_sql.address_rollup AS rollup
    WHERE rollup.grain = 'd' AND rollup.bucket >= (SELECT since.day FROM since)
    GROUP BY rollup.bucket
)
SELECT
    totals.day,
    totals.total,
    coalesce(users.unique_users, 0) AS unique_users,
    coalesce(ips.unique_ips, 0) AS unique_ips,
    totals.by_action
FROM totals
LEFT JOIN users ON users.day = totals.day
LEFT JOIN ips ON ips.day = totals.day;

CREATE UNIQUE INDEX mv_activity_daily_summary_key
    ON {{ directus }}.mv_activity_daily_summary (day);

COMMENT ON MATERIALIZED VIEW {{ directus }}.mv_activity_daily_summary IS
    'Per day of the reporting time zone (UTC unless set otherwise): how many rows, distinct users '
    'and distinct addresses; by_action: {action: count}. Today and the 90 days before '
    '(setting.published_days), as of its last refresh. Better: get_activity_timeseries, which is '
    'always up to date.';

COMMENT ON INDEX {{ directus }}.mv_activity_daily_summary_key IS
    'REFRESH MATERIALIZED VIEW CONCURRENTLY needs it.';
