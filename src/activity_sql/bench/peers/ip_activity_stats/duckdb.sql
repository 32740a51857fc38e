SELECT
    ip,
    count(*) AS total_actions,
    count(DISTINCT collection) AS unique_collections,
    histogram(action) AS breakdown,
    min(moment) AS first_seen,
    max(moment) AS last_seen
FROM activity
WHERE moment >= <<start_ms>> AND moment < <<as_of_ms>> AND ip IS NOT NULL
GROUP BY ip
HAVING count(*) >= 10
ORDER BY total_actions DESC, ip
LIMIT 50
