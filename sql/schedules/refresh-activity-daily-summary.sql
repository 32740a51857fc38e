/*
does = "Brings mv_activity_daily_summary up to date with the rollups."
schedule = "0 1 * * *"
*/
SELECT
    refresh.done AS said,
    false AS failed
FROM activity_sql.refresh_view('mv_activity_daily_summary') AS refresh (done)
WHERE refresh.done = 'refreshed';
