/*
question = "What did the addresses do this month?"

[parameters]
days = 30

[budget.medium]
no_seq_scan_on = ["directus_activity", "address_rollup"]
indexes = ["activity_hour_2025_12_pkey", "address_rollup_pkey"]
shared_buffers = 473
temp_blocks = 0
time_ratio = 1
*/
SELECT *
FROM {{ directus }}.get_ip_action_stats({{ days | literal }}, 10, 100, {{ as_of | literal }});
