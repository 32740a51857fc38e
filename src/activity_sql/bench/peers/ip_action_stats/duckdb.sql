WITH pairs AS (
    SELECT
        ip,
        action,
        count(*) AS action_count,
        count(DISTINCT collection) AS collections_accessed,
        min(moment) AS first_seen,
        max(moment) AS last_seen,
        sum(count(*)) OVER (PARTITION BY ip) AS total
    FROM activity
    WHERE moment >= <<start_ms>> AND moment < <<as_of_ms>> AND ip IS NOT NULL
    GROUP BY ip, action
)
SELECT ip, action, action_count, collections_accessed, first_seen, last_seen
FROM pairs
WHERE total >= 10
ORDER BY action_count DESC, ip, action
LIMIT 100
