WITH pairs AS MATERIALIZED (
    SELECT
        seen."user",
        grouping(seen.day, seen.collection, seen.ip, seen.action) AS missing,
        seen.day,
        seen.ip,
        seen.action,
        count(*) AS actions,
        min(seen."timestamp") AS first_seen,
        max(seen."timestamp") AS last_seen
    FROM (
        SELECT
            activity."user",
            activity."timestamp",
            (activity."timestamp" AT TIME ZONE 'UTC')::date AS day,
            activity.collection,
            activity.ip,
            activity.action
        FROM <<schema>>.directus_activity AS activity
        WHERE activity."timestamp" >= <<start>>
            AND activity."timestamp" < <<as_of>>
            AND activity."user" IS NOT NULL
    ) AS seen
    GROUP BY GROUPING SETS (
        (seen."user", seen.day),
        (seen."user", seen.collection),
        (seen."user", seen.ip),
        (seen."user", seen.action)
    )
),
streaks AS (
    SELECT "user", max(days) AS days
    FROM (
        SELECT "user", count(*) AS days
        FROM (
            SELECT
                "user",
                day - row_number() OVER (PARTITION BY "user" ORDER BY day)::integer AS run
            FROM pairs
            WHERE missing = 7
        ) AS numbered
        GROUP BY "user", run
    ) AS runs
    GROUP BY "user"
)
SELECT
    pairs."user" AS user_id,
    sum(pairs.actions) FILTER (WHERE pairs.missing = 7)::bigint AS total_actions,
    count(*) FILTER (WHERE pairs.missing = 7) AS active_days,
    count(*) FILTER (WHERE pairs.missing = 11) AS collections_used,
    count(pairs.ip) AS unique_ips,
    jsonb_object_agg(pairs.action, pairs.actions) FILTER (WHERE pairs.missing = 14)
        AS action_breakdown,
    min(pairs.first_seen) AS first_seen,
    max(pairs.last_seen) AS last_seen,
    streaks.days AS longest_streak_days
FROM pairs
JOIN streaks ON streaks."user" = pairs."user"
GROUP BY pairs."user", streaks.days
ORDER BY pairs."user"
