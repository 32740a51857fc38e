/*
does = "Brings mv_activity_collection_stats up to date with the rollups."
schedule = "1-56/5 * * * *"
*/
SELECT
    refresh.done AS said,
    false AS failed
FROM activity_sql.refresh_view('mv_activity_collection_stats') AS refresh (done)
WHERE refresh.done = 'refreshed';
