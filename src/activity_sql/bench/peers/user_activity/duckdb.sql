WITH asked AS MATERIALIZED (
    SELECT collection, action, ip
    FROM activity
    WHERE moment >= <<start_ms>> AND moment < <<as_of_ms>> AND "user" = '<<user>>'
)
SELECT
    'summary' AS section,
    '' AS key,
    count(*) AS actions,
    count(DISTINCT collection) AS collections,
    count(DISTINCT ip) AS ips
FROM asked
UNION ALL
SELECT 'byCollection', collection, count(*), NULL, NULL
FROM asked
GROUP BY collection
UNION ALL
SELECT 'byAction', action, count(*), NULL, NULL
FROM asked
GROUP BY action
ORDER BY section, actions DESC, key
