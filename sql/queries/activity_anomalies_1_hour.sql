/*
question = "What was unusual in the last hour?"

[parameters]
hours = 1

[budget.medium]
no_seq_scan_on = ["directus_activity"]
indexes = ["directus_activity_timestamp_index"]
shared_buffers = 1414
temp_blocks = 0
time_ratio = 2
*/
SELECT *
FROM {{ directus }}.detect_activity_anomalies({{ hours | literal }}, 3.0, {{ as_of | literal }});
