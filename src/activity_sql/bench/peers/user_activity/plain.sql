WITH sets AS MATERIALIZED (
    SELECT
        grouping(activity.collection, activity.action, activity.ip) AS missing,
        activity.collection,
        activity.action,
        activity.ip,
        count(*) AS actions
    FROM <<schema>>.directus_activity AS activity
    WHERE activity."timestamp" >= <<start>>
        AND activity."timestamp" < <<as_of>>
        AND activity."user" = '<<user>>'
    GROUP BY GROUPING SETS ((activity.collection), (activity.action), (activity.ip))
),
answer AS (
    SELECT
        'summary' AS section,
        '' AS key,
        coalesce(sum(actions) FILTER (WHERE missing = 3), 0)::bigint AS actions,
        count(collection) AS collections,
        count(ip) AS ips
    FROM sets
    UNION ALL
    SELECT 'byCollection', collection, actions, NULL, NULL
    FROM sets
    WHERE missing = 3
    UNION ALL
    SELECT 'byAction', action, actions, NULL, NULL
    FROM sets
    WHERE missing = 5
)
SELECT *
FROM answer
ORDER BY section COLLATE "C", actions DESC, key COLLATE "C"
