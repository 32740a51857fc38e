/*
question = "Which addresses were busy this month?"

[parameters]
days = 30

[budget.medium]
no_seq_scan_on = ["directus_activity", "address_rollup"]
indexes = ["directus_activity_timestamp_index", "directus_activity_pkey", "address_rollup_pkey"]
shared_buffers = 655
temp_blocks = 0
time_ratio = 1
*/
SELECT *
FROM {{ directus }}.get_ip_activity_stats({{ days | literal }}, 10, 50, {{ as_of | literal }});
