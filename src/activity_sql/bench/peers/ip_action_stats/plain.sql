WITH cells AS (
    SELECT
        activity.ip,
        activity.action,
        count(*) AS actions,
        min(activity."timestamp") AS first_seen,
        max(activity."timestamp") AS last_seen
    FROM <<schema>>.directus_activity AS activity
    WHERE activity."timestamp" >= <<start>>
        AND activity."timestamp" < <<as_of>>
        AND activity.ip IS NOT NULL
    GROUP BY activity.ip, activity.action, activity.collection
),
pairs AS (
    SELECT
        ip,
        action,
        sum(actions)::bigint AS action_count,
        count(*) AS collections_accessed,
        min(first_seen) AS first_seen,
        max(last_seen) AS last_seen,
        sum(sum(actions)) OVER (PARTITION BY ip) AS total
    FROM cells
    GROUP BY ip, action
)
SELECT ip, action, action_count, collections_accessed, first_seen, last_seen
FROM pairs
WHERE total >= 10
ORDER BY action_count DESC, ip COLLATE "C", action COLLATE "C"
LIMIT 100
