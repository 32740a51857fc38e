SELECT section, key, actions, collections, users, ips
FROM (
    SELECT
        'summary' AS section,
        '' AS key,
        count() AS actions,
        NULL AS collections,
        uniqExact("user") AS users,
        uniqExact(ip) AS ips
    FROM bench.activity
    WHERE moment >= <<start_ms>> AND moment < <<as_of_ms>>
    UNION ALL
    SELECT
        'collections', toString(collection), count(), NULL, uniqExact("user"), uniqExact(ip)
    FROM bench.activity
    WHERE moment >= <<start_ms>> AND moment < <<as_of_ms>>
    GROUP BY collection
    UNION ALL
    SELECT 'actions', toString(action), count(), NULL, NULL, NULL
    FROM bench.activity
    WHERE moment >= <<start_ms>> AND moment < <<as_of_ms>>
    GROUP BY action
    UNION ALL
    SELECT
        'hourly', toString(moment - moment % 3600000), count(), NULL, uniqExact("user"), NULL
    FROM bench.activity
    WHERE moment >= <<as_of_ms>> - 86400000 AND moment < <<as_of_ms>>
    GROUP BY moment - moment % 3600000
    UNION ALL
    SELECT
        'hourly actions',
        concat(toString(moment - moment % 3600000), ' ', toString(action)),
        count(),
        NULL,
        NULL,
        NULL
    FROM bench.activity
    WHERE moment >= <<as_of_ms>> - 86400000 AND moment < <<as_of_ms>>
    GROUP BY moment - moment % 3600000, action
    UNION ALL
    SELECT
        'topIPs',
        assumeNotNull(ip),
        count() AS total,
        uniqExact(collection),
        uniqExact("user"),
        NULL
    FROM bench.activity
    WHERE moment >= <<start_ms>> AND moment < <<as_of_ms>> AND ip IS NOT NULL
    GROUP BY ip
    ORDER BY total DESC, ip
    LIMIT 10
    UNION ALL
    SELECT
        'topUsers',
        toString(assumeNotNull("user")),
        count() AS total,
        uniqExact(collection),
        NULL,
        uniqExact(ip)
    FROM bench.activity
    WHERE moment >= <<start_ms>> AND moment < <<as_of_ms>> AND "user" IS NOT NULL
    GROUP BY "user"
    ORDER BY total DESC, toString("user")
    LIMIT 10
)
ORDER BY section, actions DESC, key
SETTINGS max_threads = 2, output_format_json_quote_64bit_integers = 0
FORMAT JSONCompact
