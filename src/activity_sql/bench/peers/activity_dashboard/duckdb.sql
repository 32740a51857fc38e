WITH pairs AS MATERIALIZED (
    SELECT ip, "user", collection, action, count(*) AS actions
    FROM activity
    WHERE moment >= <<start_ms>> AND moment < <<as_of_ms>>
    GROUP BY ip, "user", collection, action
),
hours AS MATERIALIZED (
    SELECT moment - moment % 3600000 AS hour, "user", action, count(*) AS actions
    FROM activity
    WHERE moment >= <<as_of_ms>> - 86400000 AND moment < <<as_of_ms>>
    GROUP BY ALL
)
SELECT
    'summary' AS section,
    '' AS key,
    sum(actions)::BIGINT AS actions,
    NULL AS collections,
    count(DISTINCT "user") AS users,
    count(DISTINCT ip) AS ips
FROM pairs
UNION ALL
SELECT
    'collections',
    collection,
    sum(actions)::BIGINT,
    NULL,
    count(DISTINCT "user"),
    count(DISTINCT ip)
FROM pairs
GROUP BY collection
UNION ALL
SELECT 'actions', action, sum(actions)::BIGINT, NULL, NULL, NULL
FROM pairs
GROUP BY action
UNION ALL
SELECT 'hourly', hour::VARCHAR, sum(actions)::BIGINT, NULL, count(DISTINCT "user"), NULL
FROM hours
GROUP BY hour
UNION ALL
SELECT 'hourly actions', hour || ' ' || action, sum(actions)::BIGINT, NULL, NULL, NULL
FROM hours
GROUP BY hour, action
UNION ALL
(
    SELECT
        'topIPs', ip, sum(actions)::BIGINT, count(DISTINCT collection), count(DISTINCT "user"), NULL
    FROM pairs
    WHERE ip IS NOT NULL
    GROUP BY ip
    ORDER BY sum(actions) DESC, ip
    LIMIT 10
)
UNION ALL
(
    SELECT
        'topUsers',
        "user"::VARCHAR,
        sum(actions)::BIGINT,
        count(DISTINCT collection),
        NULL,
        count(DISTINCT ip)
    FROM pairs
    WHERE "user" IS NOT NULL
    GROUP BY "user"
    ORDER BY sum(actions) DESC, "user"
    LIMIT 10
)
ORDER BY section, actions DESC, key
