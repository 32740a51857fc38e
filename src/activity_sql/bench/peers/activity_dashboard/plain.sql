-- One pass over the window, hashed by four pairs; every figure comes from these, but for the last
-- 24 hours.
WITH pairs AS MATERIALIZED (
    SELECT
        grouping(activity.ip, activity."user", activity.collection, activity.action) AS missing,
        activity.ip,
        activity."user",
        activity.collection,
        activity.action,
        count(*) AS actions
    FROM <<schema>>.directus_activity AS activity
    WHERE activity."timestamp" >= <<start>> AND activity."timestamp" < <<as_of>>
    GROUP BY GROUPING SETS (
        (activity.ip, activity."user"),
        (activity.ip, activity.collection),
        (activity."user", activity.collection),
        (activity.collection, activity.action)
    )
),
ips AS MATERIALIZED (
    SELECT ip, sum(actions)::bigint AS actions, count(*) AS collections
    FROM pairs
    WHERE missing = 5 AND ip IS NOT NULL
    GROUP BY ip
),
users AS MATERIALIZED (
    SELECT "user", sum(actions)::bigint AS actions, count(*) AS collections
    FROM pairs
    WHERE missing = 9 AND "user" IS NOT NULL
    GROUP BY "user"
),
collections AS (
    SELECT
        collection,
        sum(actions) FILTER (WHERE missing = 12)::bigint AS actions,
        count("user") FILTER (WHERE missing = 9) AS users,
        count(ip) FILTER (WHERE missing = 5) AS ips
    FROM pairs
    WHERE missing IN (5, 9, 12)
    GROUP BY collection
),
hours AS MATERIALIZED (
    SELECT
        extract(epoch FROM date_trunc('hour', activity."timestamp", 'UTC'))::bigint * 1000 AS hour,
        activity."user",
        activity.action,
        count(*) AS actions
    FROM <<schema>>.directus_activity AS activity
    WHERE activity."timestamp" >= <<as_of>>::timestamptz - interval '24 hours'
        AND activity."timestamp" < <<as_of>>
    GROUP BY 1, activity."user", activity.action
),
top_ips AS (SELECT * FROM ips ORDER BY actions DESC, ip COLLATE "C" LIMIT 10),
top_users AS (SELECT * FROM users ORDER BY actions DESC, "user" LIMIT 10),
answer AS (
    SELECT
        'summary' AS section,
        '' AS key,
        (SELECT coalesce(sum(actions), 0)::bigint FROM collections) AS actions,
        NULL::bigint AS collections,
        (SELECT count(*) FROM users) AS users,
        (SELECT count(*) FROM ips) AS ips
    UNION ALL
    SELECT 'collections', collection, actions, NULL, users, ips
    FROM collections
    UNION ALL
    SELECT 'actions', action, sum(actions)::bigint, NULL, NULL, NULL
    FROM pairs
    WHERE missing = 12
    GROUP BY action
    UNION ALL
    SELECT 'topIPs', top.ip, top.actions, top.collections, count(pairs."user"), NULL
    FROM top_ips AS top
    JOIN pairs ON pairs.ip = top.ip AND pairs.missing = 3
    GROUP BY top.ip, top.actions, top.collections
    UNION ALL
    SELECT 'topUsers', top."user"::text, top.actions, top.collections, NULL, count(pairs.ip)
    FROM top_users AS top
    JOIN pairs ON pairs."user" = top."user" AND pairs.missing = 3
    GROUP BY top."user", top.actions, top.collections
    UNION ALL
    SELECT 'hourly', hour::text, sum(actions)::bigint, NULL, count(DISTINCT "user"), NULL
    FROM hours
    GROUP BY hour
    UNION ALL
    SELECT 'hourly actions', hour || ' ' || action, sum(actions)::bigint, NULL, NULL, NULL
    FROM hours
    GROUP BY hour, action
)
SELECT *
FROM answer
ORDER BY section COLLATE "C", actions DESC, key COLLATE "C"
