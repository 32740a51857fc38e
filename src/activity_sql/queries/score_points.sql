-- Twenty thousand points of five minutes, busy by day: whole counts, or not.
SELECT count(scored.score) AS points
FROM (
    SELECT
        array_agg('2026-01-01'::timestamptz + point.number * interval '5 minutes') AS times,
        array_agg(CASE WHEN %(counts)s THEN round(point.level) ELSE point.level END) AS measured
    FROM (
        -- The fraction of a product is noise enough, and the same on every machine.
        SELECT
            number,
            20 + 15 * sin(number * pi() / 144)
                + 8 * (number * 0.6180339887 %% 1)::double precision AS level
        FROM generate_series(1, 20000) AS number
        ORDER BY number
    ) AS point
) AS series
CROSS JOIN LATERAL activity_sql.score_series(series.times, series.measured) AS scored;
