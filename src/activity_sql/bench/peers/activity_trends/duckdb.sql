WITH counts AS (
    SELECT
        collection AS subject,
        count(*) FILTER (WHERE moment >= <<start_ms>>) AS current_count,
        count(*) FILTER (WHERE moment < <<start_ms>>) AS previous_count,
        current_count - previous_count AS growth
    FROM activity
    WHERE moment >= <<start_ms>> - <<days>>::BIGINT * 86400000 AND moment < <<as_of_ms>>
    GROUP BY collection
)
SELECT
    subject,
    current_count,
    previous_count,
    growth,
    -- Halves go away from zero, as with numeric.
    sign(growth) * ((20000 * abs(growth) + previous_count) // nullif(2 * previous_count, 0))
        / 100::DOUBLE,
    CASE
        WHEN previous_count = 0 THEN 'new'
        WHEN current_count = 0 THEN 'gone'
        WHEN abs(growth) * 10 <= previous_count THEN 'flat'
        WHEN growth > 0 THEN 'up'
        ELSE 'down'
    END
FROM counts
ORDER BY current_count DESC, subject
LIMIT 100
