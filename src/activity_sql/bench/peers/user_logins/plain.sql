SELECT
    activity."user" AS user_id,
    count(*) AS logins,
    count(DISTINCT (activity."timestamp" AT TIME ZONE 'UTC')::date) AS login_days,
    count(DISTINCT activity.ip) AS distinct_ips,
    max(activity."timestamp") AS last_login,
    (array_agg(activity.ip ORDER BY activity."timestamp" DESC, activity.id DESC))[1] AS last_ip
FROM <<schema>>.directus_activity AS activity
WHERE activity."timestamp" >= <<start>>
    AND activity."timestamp" < <<as_of>>
    AND activity.action = 'login'
    AND activity."user" IS NOT NULL
GROUP BY activity."user"
ORDER BY logins DESC, activity."user"
LIMIT 100
