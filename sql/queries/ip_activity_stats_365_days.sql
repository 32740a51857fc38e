/*
question = "Which addresses were busy this year?"

[parameters]
days = 365

# Over a tenth of the table: reading it in order may be right.
[budget.medium]
no_seq_scan_on = ["directus_activity", "address_rollup"]
indexes = ["activity_hour_2025_12_pkey", "directus_activity_pkey", "address_rollup_pkey"]
shared_buffers = 1113
temp_blocks = 0
time_ratio = 1.5
*/
SELECT *
FROM {{ directus }}.get_ip_activity_stats({{ days | literal }}, 10, 50, {{ as_of | literal }});
