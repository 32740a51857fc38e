/*
what = "History is folded before Directus's retention deletes it."
why = "What is deleted before it was folded is gone; what was folded goes on counting."
*/
SELECT
    'WARN' AS status,
    format('the oldest of %s rows is of %s, and nothing was ever folded', figures.rows, figures.oldest)
        AS said,
    'activity-sql refresh' AS mend
FROM (
    SELECT
        (
            SELECT min(activity."timestamp")
            FROM {{ directus }}.directus_activity AS activity
        ) AS oldest,
        (
            SELECT greatest(relation.reltuples, 0)::bigint
            FROM pg_class AS relation
            WHERE relation.oid = {{ (directus ~ ".directus_activity") | literal }}::regclass
        ) AS rows,
        mark.settled_id
    FROM activity_sql.watermark AS mark
) AS figures
WHERE figures.settled_id IS NULL AND figures.oldest < now() - interval '1 day';
