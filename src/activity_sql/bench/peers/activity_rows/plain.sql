SELECT id, action, "user", "timestamp", ip, collection, item
FROM <<schema>>.directus_activity AS activity
WHERE activity."timestamp" >= <<start>>
    AND activity."timestamp" < <<as_of>>
    AND activity.action = 'delete'
ORDER BY activity.id DESC
LIMIT 100
