WITH counts AS (
    SELECT
        date_trunc('hour', activity."timestamp", 'UTC') AS hour,
        activity.action,
        count(*) AS count
    FROM <<schema>>.directus_activity AS activity
    WHERE activity."timestamp" >= <<start>> AND activity."timestamp" < <<as_of>>
        AND activity.action = 'update'
    GROUP BY 1, activity.action
)
SELECT hour, action, coalesce(counts.count, 0) AS count
FROM generate_series(
    date_trunc('hour', <<start>>::timestamptz, 'UTC'),
    <<as_of>>::timestamptz - interval '1 microsecond',
    interval '1 hour'
) AS gap (hour)
CROSS JOIN (SELECT DISTINCT counts.action FROM counts) AS kind
LEFT JOIN counts USING (hour, action)
ORDER BY hour, action COLLATE "C"
