SELECT
    activity.collection,
    activity.item,
    count(*) AS changes,
    count(DISTINCT activity."user") AS editors,
    max(activity."timestamp") AS last_change
FROM <<schema>>.directus_activity AS activity
WHERE activity."timestamp" >= <<start>>
    AND activity."timestamp" < <<as_of>>
    AND activity.action IN ('create', 'update', 'delete', 'revert', 'version_save')
GROUP BY activity.collection, activity.item
ORDER BY changes DESC, activity.collection COLLATE "C", activity.item COLLATE "C"
LIMIT 50
