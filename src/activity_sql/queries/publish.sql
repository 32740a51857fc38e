-- What was published, and whether that failed; no row where there was nothing to do.
SELECT said, failed
FROM activity_sql.publish_activity();
