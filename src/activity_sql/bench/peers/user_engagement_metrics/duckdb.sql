WITH totals AS (
    SELECT
        "user",
        count(*) AS total_actions,
        count(DISTINCT moment // 86400000) AS active_days,
        count(DISTINCT collection) AS collections_used,
        count(DISTINCT ip) AS unique_ips,
        histogram(action) AS action_breakdown,
        min(moment) AS first_seen,
        max(moment) AS last_seen
    FROM activity
    WHERE moment >= <<start_ms>> AND moment < <<as_of_ms>> AND "user" IS NOT NULL
    GROUP BY "user"
),
days AS (
    SELECT DISTINCT "user", moment // 86400000 AS day
    FROM activity
    WHERE moment >= <<start_ms>> AND moment < <<as_of_ms>> AND "user" IS NOT NULL
),
runs AS (
    SELECT "user", day - row_number() OVER (PARTITION BY "user" ORDER BY day) AS run
    FROM days
),
streaks AS (
    SELECT "user", max(days) AS longest_streak_days
    FROM (SELECT "user", count(*) AS days FROM runs GROUP BY "user", run)
    GROUP BY "user"
)
SELECT totals.*, streaks.longest_streak_days
FROM totals
JOIN streaks ON streaks."user" = totals."user"
ORDER BY totals."user"
