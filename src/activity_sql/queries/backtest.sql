-- By UTC day, the last whole ones, what the detectors would have said.
SELECT
    to_char(past.midnight AT TIME ZONE 'UTC' - interval '1 day', 'YYYY-MM-DD') AS day,
    anomaly.detector,
    anomaly.severity,
    count(*) AS times
FROM generate_series(0, <<days>> - 1) AS back (days)
CROSS JOIN LATERAL (
    SELECT date_trunc('day', now(), 'UTC') - make_interval(hours => 24 * back.days) AS midnight
) AS past
CROSS JOIN LATERAL <<schema>>.detect_activity_anomalies(
    24, <<threshold>>, past.midnight
) AS anomaly
GROUP BY past.midnight, anomaly.detector, anomaly.severity
ORDER BY
    past.midnight,
    anomaly.detector COLLATE "C",
    array_position('{critical,high,medium,low}', anomaly.severity);
