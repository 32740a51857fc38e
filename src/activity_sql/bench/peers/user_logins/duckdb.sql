SELECT
    "user" AS user_id,
    count(*) AS logins,
    count(DISTINCT moment // 86400000) AS login_days,
    count(DISTINCT ip) AS distinct_ips,
    max(moment) AS last_login,
    last(ip ORDER BY moment, id) AS last_ip
FROM activity
WHERE moment >= <<start_ms>>
    AND moment < <<as_of_ms>>
    AND action = 'login'
    AND "user" IS NOT NULL
GROUP BY "user"
ORDER BY logins DESC, "user"
LIMIT 100
