WITH totals AS (
    SELECT
        collection,
        action,
        moment // 86400000 AS day,
        count(*) AS actions,
        count(DISTINCT "user") AS unique_users,
        count(DISTINCT ip) AS unique_ips,
        max(moment) - min(moment) AS span
    FROM activity
    WHERE moment >= <<start_ms>> AND moment < <<as_of_ms>>
    GROUP BY collection, action, day
)
SELECT
    collection,
    action,
    DATE '1970-01-01' + day::INTEGER AS date,
    actions,
    unique_users,
    unique_ips,
    -- Halves go up, as with numeric.
    (2 * span + 10 * (actions - 1)) // nullif(20 * (actions - 1), 0) / 100::DOUBLE
FROM totals
ORDER BY day, collection, action
