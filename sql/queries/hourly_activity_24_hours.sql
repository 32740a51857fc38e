/*
question = "What happened, hour by hour, today?"

[parameters]
hours = 24

[budget.medium]
no_seq_scan_on = ["directus_activity"]
indexes = ["activity_hour_2025_12_pkey"]
partitions = ["activity_hour_2025_12"]
shared_buffers = 44
temp_blocks = 0
time_ratio = 0.5
*/
SELECT *
FROM {{ directus }}.get_hourly_activity({{ hours | literal }}, NULL, {{ as_of | literal }});
