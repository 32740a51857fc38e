WITH counts AS (
    SELECT moment // 3600000 * 3600000 AS hour, action, count(*) AS count
    FROM activity
    WHERE moment >= <<start_ms>> AND moment < <<as_of_ms>> AND action = 'update'
    GROUP BY hour, action
)
SELECT hour, action, coalesce(counts.count, 0)
FROM range(<<start_ms>> // 3600000 * 3600000, <<as_of_ms>>, 3600000) AS gap (hour)
CROSS JOIN (SELECT DISTINCT action FROM counts) AS kind
LEFT JOIN counts USING (hour, action)
ORDER BY hour, action
