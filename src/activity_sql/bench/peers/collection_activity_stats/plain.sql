WITH pairs AS (
    SELECT
        activity.collection,
        grouping(activity."user") AS without_user,
        activity."user",
        activity.ip,
        count(*) AS actions,
        max(activity."timestamp") AS last_activity
    FROM <<schema>>.directus_activity AS activity
    WHERE activity."timestamp" >= <<start>> AND activity."timestamp" < <<as_of>>
    GROUP BY GROUPING SETS (
        (activity.collection, activity."user"), (activity.collection, activity.ip)
    )
)
SELECT
    collection,
    sum(actions) FILTER (WHERE without_user = 0)::bigint AS activity_count,
    count("user") AS unique_users,
    count(ip) AS unique_ips,
    max(last_activity) AS last_activity
FROM pairs
GROUP BY collection
ORDER BY activity_count DESC, collection COLLATE "C"
