WITH counts AS (
    SELECT
        activity.collection AS subject,
        count(*) FILTER (WHERE activity."timestamp" >= <<start>>) AS current_count,
        count(*) FILTER (WHERE activity."timestamp" < <<start>>) AS previous_count
    FROM <<schema>>.directus_activity AS activity
    WHERE activity."timestamp" >= <<start>>::timestamptz - interval '<<days>> days'
        AND activity."timestamp" < <<as_of>>
    GROUP BY activity.collection
)
SELECT
    subject,
    current_count,
    previous_count,
    current_count - previous_count AS growth,
    round(100.0 * (current_count - previous_count) / nullif(previous_count, 0), 2)
        AS trend_percent,
    CASE
        WHEN previous_count = 0 THEN 'new'
        WHEN current_count = 0 THEN 'gone'
        WHEN abs(current_count - previous_count) * 10 <= previous_count THEN 'flat'
        WHEN current_count > previous_count THEN 'up'
        ELSE 'down'
    END AS trend
FROM counts
ORDER BY current_count DESC, subject COLLATE "C"
LIMIT 100
