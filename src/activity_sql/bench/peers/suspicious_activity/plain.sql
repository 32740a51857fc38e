WITH pairs AS (
    SELECT
        activity.ip,
        grouping(activity.collection) AS without_collection,
        activity.collection,
        activity.action,
        activity."user",
        count(*) AS actions,
        max(activity."timestamp") AS last_seen
    FROM <<schema>>.directus_activity AS activity
    WHERE activity."timestamp" >= <<start>>
        AND activity."timestamp" < <<as_of>>
        AND activity.ip IS NOT NULL
    GROUP BY GROUPING SETS (
        (activity.ip, activity.collection),
        (activity.ip, activity.action),
        (activity.ip, activity."user")
    )
)
SELECT
    ip,
    sum(actions) FILTER (WHERE without_collection = 0)::bigint AS action_count,
    count(collection) AS distinct_collections,
    count(action) AS distinct_actions,
    count("user") AS unique_users,
    max(last_seen) AS last_seen
FROM pairs
GROUP BY ip
HAVING sum(actions) FILTER (WHERE without_collection = 0) >= <<busy>>
ORDER BY action_count DESC, ip COLLATE "C"
