/*
question = "Which addresses were busy this quarter?"

[parameters]
days = 90

# Over a tenth of the table: reading it in order may be right.
[budget.medium]
no_seq_scan_on = ["directus_activity", "address_rollup"]
indexes = ["activity_hour_2025_12_pkey", "directus_activity_pkey", "address_rollup_pkey"]
partitions = ["activity_hour_2025_10", "activity_hour_2025_12"]
shared_buffers = 444
temp_blocks = 0
time_ratio = 1
*/
SELECT *
FROM {{ directus }}.get_ip_activity_stats({{ days | literal }}, 10, 50, {{ as_of | literal }});
