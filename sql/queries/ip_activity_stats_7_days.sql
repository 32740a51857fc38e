/*
question = "Which addresses were busy this week?"

[parameters]
days = 7

[budget.medium]
no_seq_scan_on = ["directus_activity", "address_rollup"]
indexes = ["activity_hour_2025_12_pkey", "directus_activity_pkey", "address_rollup_pkey"]
shared_buffers = 303
temp_blocks = 0
time_ratio = 0.5
*/
SELECT *
FROM {{ directus }}.get_ip_activity_stats({{ days | literal }}, 10, 50, {{ as_of | literal }});
