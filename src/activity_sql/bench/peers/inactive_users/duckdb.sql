WITH seen AS (
    SELECT "user", max(moment) AS last_seen
    FROM activity
    WHERE moment < <<as_of_ms>> AND "user" IS NOT NULL
    GROUP BY "user"
)
SELECT users.id, seen.last_seen, (<<as_of_ms>> - seen.last_seen) // 86400000 AS days_inactive
FROM users
LEFT JOIN seen ON seen."user" = users.id
WHERE seen.last_seen IS NULL OR seen.last_seen < <<start_ms>>
ORDER BY seen.last_seen NULLS FIRST, users.id
