-- Activity by UTC hour and collection, for those who know this view; the functions
-- are the way. From the rollups, as mv_activity_hourly_stats.
--
-- Locks: none on directus_activity. Cost: the cells of the published days, at each
-- refresh.
CREATE MATERIALIZED VIEW {{ directus }}.mv_activity_collection_stats AS
SELECT
    total.hour,
    collection.name AS collection,
    total.count,
    total.unique_users,
    total.unique_ips
FROM (
    SELECT
        cell.hour,
        cell.collection,
        sum(cell.actions) AS count,
        count(DISTINCT cell.account) AS unique_users,
        count(DISTINCT cell.address) AS unique_ips
    FROM activity_sql.hour_cells(
        activity_sql.published_since('mv_activity_collection_stats')
    ) AS cell
    GROUP BY cell.hour, cell.collection
) AS total
JOIN activity_sql.collection AS collection ON collection.id = total.collection;

CREATE UNIQUE INDEX mv_activity_collection_stats_key
    ON {{ directus }}.mv_activity_collection_stats (hour, collection);

COMMENT ON MATERIALIZED VIEW {{ directus }}.mv_activity_collection_stats IS
    'Per UTC hour and collection: how many rows, distinct users and distinct addresses. The last '
    '90 days (setting.published_days), as of its last refresh. Better: '
    'get_collection_activity_stats, which is always up to date.';

COMMENT ON INDEX {{ directus }}.mv_activity_collection_stats_key IS
    'REFRESH MATERIALIZED VIEW CONCURRENTLY needs it.';
