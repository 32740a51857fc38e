-- The corrected question in plain SQL: one pass over the window, grouped once.
WITH cells AS MATERIALIZED (
    SELECT
        activity.ip,
        activity.action,
        activity.collection,
        count(*) AS actions,
        min(activity."timestamp") AS first_seen,
        max(activity."timestamp") AS last_seen
    FROM <<schema>>.directus_activity AS activity
    WHERE activity."timestamp" >= <<start>>
        AND activity."timestamp" < <<as_of>>
        AND activity.ip IS NOT NULL
    GROUP BY activity.ip, activity.action, activity.collection
),
per_action AS (
    SELECT ip, action, sum(actions)::bigint AS actions, min(first_seen) AS first_seen,
        max(last_seen) AS last_seen
    FROM cells
    GROUP BY ip, action
),
totals AS (
    SELECT
        ip,
        sum(actions)::bigint AS total_actions,
        jsonb_object_agg(action, actions) AS breakdown,
        min(first_seen) AS first_seen,
        max(last_seen) AS last_seen
    FROM per_action
    GROUP BY ip
    HAVING sum(actions) >= 10
    ORDER BY sum(actions) DESC, ip COLLATE "C"
    LIMIT 50
)
SELECT
    totals.ip,
    totals.total_actions,
    (SELECT count(DISTINCT cells.collection) FROM cells WHERE cells.ip = totals.ip)
        AS unique_collections,
    totals.breakdown,
    totals.first_seen,
    totals.last_seen
FROM totals
ORDER BY totals.total_actions DESC, totals.ip COLLATE "C"
