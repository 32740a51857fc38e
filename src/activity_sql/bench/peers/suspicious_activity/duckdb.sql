SELECT
    ip,
    count(*) AS action_count,
    count(DISTINCT collection) AS distinct_collections,
    count(DISTINCT action) AS distinct_actions,
    count(DISTINCT "user") AS unique_users,
    max(moment) AS last_seen
FROM activity
WHERE moment >= <<start_ms>> AND moment < <<as_of_ms>> AND ip IS NOT NULL
GROUP BY ip
HAVING count(*) >= <<busy>>
ORDER BY action_count DESC, ip
