WITH groups AS (
    SELECT
        seen.day,
        seen.collection,
        seen.action,
        grouping(seen."user") AS without_user,
        seen."user",
        seen.ip,
        count(*) AS actions,
        min(seen."timestamp") AS first_seen,
        max(seen."timestamp") AS last_seen
    FROM (
        SELECT
            (activity."timestamp" AT TIME ZONE 'UTC')::date AS day,
            activity.collection,
            activity.action,
            activity."user",
            activity.ip,
            activity."timestamp"
        FROM <<schema>>.directus_activity AS activity
        WHERE activity."timestamp" >= <<start>> AND activity."timestamp" < <<as_of>>
    ) AS seen
    GROUP BY GROUPING SETS (
        (seen.day, seen.collection, seen.action, seen."user"),
        (seen.day, seen.collection, seen.action, seen.ip)
    )
),
totals AS (
    SELECT
        collection,
        action,
        day,
        sum(actions) FILTER (WHERE without_user = 0)::bigint AS count,
        count("user") AS unique_users,
        count(ip) AS unique_ips,
        max(last_seen) - min(first_seen) AS span
    FROM groups
    GROUP BY collection, action, day
)
SELECT
    collection,
    action,
    day AS date,
    count,
    unique_users,
    unique_ips,
    round(extract(epoch FROM span) / nullif(count - 1, 0), 2) AS avg_seconds_between_actions
FROM totals
ORDER BY day, collection COLLATE "C", action COLLATE "C"
