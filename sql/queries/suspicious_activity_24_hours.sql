/*
question = "Which addresses were too busy today?"

[parameters]
hours = 24

[budget.medium]
no_seq_scan_on = ["directus_activity", "address_rollup"]
indexes = ["activity_hour_2025_12_pkey"]
partitions = ["activity_hour_2025_12"]
shared_buffers = 106
temp_blocks = 0
time_ratio = 0.5
*/
SELECT *
FROM {{ directus }}.get_suspicious_activity({{ hours | literal }}, 100, {{ as_of | literal }});
