/*
does = "Folds what has settled since the last time, and publishes it for Directus."
schedule = "* * * * *"
*/
SELECT
    step.said AS said,
    step.failed AS failed
FROM (
    SELECT
        format(
            'folded %s rows up to id %s, %s left to read',
            fold.folded_rows,
            fold.settled_id,
            fold.lag_rows
        ),
        false
    FROM {{ directus }}.refresh_activity_rollups() AS fold
    WHERE fold.folded_rows > 0
    UNION ALL
    SELECT published.said, published.failed
    FROM activity_sql.publish_activity() AS published
) AS step (said, failed);
