SELECT
    collection,
    count(*) AS activity_count,
    count(DISTINCT "user") AS unique_users,
    count(DISTINCT ip) AS unique_ips,
    max(moment) AS last_activity
FROM activity
WHERE moment >= <<start_ms>> AND moment < <<as_of_ms>>
GROUP BY collection
ORDER BY activity_count DESC, collection
