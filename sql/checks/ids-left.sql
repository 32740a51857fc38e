/*
what = "The ids of directus_activity do not run out within two years."
why = "Its id is a 32-bit integer; past 2,147,483,647 every write of Directus fails."
*/
SELECT
    CASE WHEN forecast.days < 180 THEN 'CRIT' ELSE 'WARN' END AS status,
    format(
        'id %s of 2147483647; at the rate of the last 30 days they run out on %s',
        forecast.id,
        (now() + forecast.days * interval '1 day')::date
    ) AS said,
    format(
        'ALTER TABLE %s ALTER COLUMN id TYPE bigint;  -- rewrites the table under a lock: plan it',
        {{ (directus ~ ".directus_activity") | literal }}::regclass
    ) AS mend
FROM (
    SELECT newest.id, least((2147483647 - newest.id) / (recent.ids / 30.0), 100000) AS days
    FROM (SELECT max(activity.id) AS id FROM {{ directus }}.directus_activity AS activity) AS newest
    CROSS JOIN (
        -- The lowest id of the last 30 days, through the index on the timestamp.
        SELECT greatest(
            (SELECT max(activity.id) FROM {{ directus }}.directus_activity AS activity)
            - (
                SELECT activity.id
                FROM {{ directus }}.directus_activity AS activity
                WHERE activity."timestamp" >= now() - interval '30 days'
                ORDER BY activity."timestamp"
                LIMIT 1
            ),
            1
        ) AS ids
    ) AS recent
    JOIN pg_attribute AS key
        ON key.attrelid = {{ (directus ~ ".directus_activity") | literal }}::regclass
            AND key.attname = 'id'
            AND key.atttypid = 'integer'::regtype
) AS forecast
WHERE forecast.days < 730;
