/*
does = "Folds what has settled since the last time."
schedule = "* * * * *"
*/
SELECT
    format(
        'folded %s rows up to id %s, %s left to read', folded_rows, settled_id, lag_rows
    ) AS said,
    false AS failed
FROM {{ directus }}.refresh_activity_rollups()
WHERE folded_rows > 0;
