-- Activity by UTC hour, collection and action, for those who know this view; the
-- functions are the way. From the rollups: over Directus's table it would make
-- Directus's upgrades fail and forget what retention deletes.
--
-- Locks: none on directus_activity. Cost: the cells of the published days, at each
-- refresh.
CREATE MATERIALIZED VIEW {{ directus }}.mv_activity_hourly_stats AS
SELECT
    total.hour,
    collection.name AS collection,
    action.name AS action,
    total.count,
    total.unique_users,
    total.unique_ips
FROM (
    SELECT
        cell.hour,
        cell.collection,
        cell.action,
        sum(cell.actions) AS count,
        count(DISTINCT cell.account) AS unique_users,
        count(DISTINCT cell.address) AS unique_ips
    FROM activity_sql.hour_cells(
        activity_sql.published_since('mv_activity_hourly_stats')
    ) AS cell
    GROUP BY cell.hour, cell.collection, cell.action
) AS total
JOIN activity_sql.collection AS collection ON collection.id = total.collection
JOIN activity_sql.action AS action ON action.id = total.action;

CREATE UNIQUE INDEX mv_activity_hourly_stats_key
    ON {{ directus }}.mv_activity_hourly_stats (hour, collection, action);

COMMENT ON MATERIALIZED VIEW {{ directus }}.mv_activity_hourly_stats IS
    'Per UTC hour, collection and action: how many rows, distinct users and distinct addresses. '
    'The last 90 days (setting.published_days), as of its last refresh. Better: '
    'get_activity_timeseries, which is always up to date.';

COMMENT ON INDEX {{ directus }}.mv_activity_hourly_stats_key IS
    'REFRESH MATERIALIZED VIEW CONCURRENTLY needs it.';
