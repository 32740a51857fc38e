-- Activity of the last 7 days by UTC hour, collection and action, for those who know
-- this view; get_activity_dashboard is the way. From the rollups, as
-- mv_activity_hourly_stats.
--
-- Locks: none on directus_activity. Cost: the cells of 7 days, at each refresh.
CREATE MATERIALIZED VIEW {{ directus }}.mv_activity_dashboard_stats AS
WITH totals AS (
    SELECT
        cell.hour,
        cell.collection,
        cell.action,
        sum(cell.actions) AS count,
        count(DISTINCT cell.account) AS unique_users,
        count(DISTINCT cell.address) AS unique_ips
    FROM activity_sql.hour_cells(
        activity_sql.published_since('mv_activity_dashboard_stats')
    ) AS cell
    GROUP BY cell.hour, cell.collection, cell.action
),
common_agents AS (
    SELECT DISTINCT ON (counted.hour, counted.collection, counted.action)
        counted.hour,
        counted.collection,
        counted.action,
        agent.name
    FROM activity_sql.user_agent_hour AS counted
    JOIN activity_sql.user_agent AS agent ON agent.id = counted.user_agent
    WHERE counted.hour >= (SELECT activity_sql.published_since('mv_activity_dashboard_stats'))
    ORDER BY
        counted.hour,
        counted.collection,
        counted.action,
        counted.actions DESC,
        agent.name COLLATE "C"
)
SELECT
    totals.hour,
    collection.name AS collection,
    action.name AS action,
    totals.count,
    totals.unique_users,
    totals.unique_ips,
    common.name AS common_user_agent
FROM totals
JOIN activity_sql.collection AS collection ON collection.id = totals.collection
JOIN activity_sql.action AS action ON action.id = totals.action
LEFT JOIN common_agents AS common
    ON common.hour = totals.hour
        AND common.collection = totals.collection
        AND common.action = totals.action;

CREATE UNIQUE INDEX mv_activity_dashboard_stats_key
    ON {{ directus }}.mv_activity_dashboard_stats (hour, collection, action);

COMMENT ON MATERIALIZED VIEW {{ directus }}.mv_activity_dashboard_stats IS
    'Of the last 7 days, per UTC hour, collection and action: how many rows, distinct users, '
    'distinct addresses, and the user agent of most rows (the first by bytes of several; NULL '
    'where none has one). As of its last refresh. Better: get_activity_dashboard, which is always '
    'up to date.';

COMMENT ON INDEX {{ directus }}.mv_activity_dashboard_stats_key IS
    'REFRESH MATERIALIZED VIEW CONCURRENTLY needs it.';
