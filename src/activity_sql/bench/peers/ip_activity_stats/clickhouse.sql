SELECT
    ip,
    count() AS total_actions,
    uniqExact(collection) AS unique_collections,
    sumMap(map(toString(action), toUInt64(1))) AS breakdown,
    min(moment) AS first_seen,
    max(moment) AS last_seen
FROM bench.activity
WHERE moment >= <<start_ms>> AND moment < <<as_of_ms>> AND ip IS NOT NULL
GROUP BY ip
HAVING total_actions >= 10
ORDER BY total_actions DESC, ip
LIMIT 50
SETTINGS max_threads = 2, output_format_json_quote_64bit_integers = 0
FORMAT JSONCompact
