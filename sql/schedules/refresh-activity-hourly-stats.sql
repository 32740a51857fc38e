/*
does = "Brings mv_activity_hourly_stats up to date with the rollups."
schedule = "3,18,33,48 * * * *"
*/
SELECT
    refresh.done AS said,
    false AS failed
FROM activity_sql.refresh_view('mv_activity_hourly_stats') AS refresh (done)
WHERE refresh.done = 'refreshed';
