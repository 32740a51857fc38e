/*
does = "Brings mv_activity_dashboard_stats up to date with the rollups."
schedule = "8,23,38,53 * * * *"
*/
SELECT
    refresh.done AS said,
    false AS failed
FROM activity_sql.refresh_view('mv_activity_dashboard_stats') AS refresh (done)
WHERE refresh.done = 'refreshed';
