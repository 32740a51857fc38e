/*
0 = {"plain SQL" = [20, 100]}
14 = {"plain SQL" = [20, 100]}
*/
-- Of the hour that ended so many days before the others' windows: a holiday, and a working day.
SELECT detected_at, detector, subject_type, subject, observed, expected, score
FROM <<schema>>.detect_activity_anomalies(1, 3.0, <<start>>)
