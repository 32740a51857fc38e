WITH days AS (
    SELECT
        moment // 86400000 * 86400000 AS bucket,
        count(*) AS total,
        count(DISTINCT "user") AS unique_users,
        count(DISTINCT ip) AS unique_ips,
        histogram(action) AS by_action
    FROM activity
    WHERE moment >= <<start_ms>> AND moment < <<as_of_ms>>
    GROUP BY bucket
)
SELECT
    bucket,
    coalesce(days.total, 0),
    coalesce(days.unique_users, 0),
    coalesce(days.unique_ips, 0),
    coalesce(days.by_action, MAP {})
FROM range(<<start_ms>> // 86400000 * 86400000, <<as_of_ms>>, 86400000) AS gap (bucket)
LEFT JOIN days USING (bucket)
ORDER BY bucket
