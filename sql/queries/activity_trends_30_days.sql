/*
question = "Which addresses do more this month than the month before?"

[parameters]
days = 30

[budget.medium]
no_seq_scan_on = ["directus_activity", "address_rollup"]
indexes = ["activity_hour_2025_12_pkey", "address_rollup_pkey"]
shared_buffers = 801
temp_blocks = 0
time_ratio = 0.5
*/
SELECT *
FROM {{ directus }}.get_activity_trends({{ days | literal }}, 'ip', 100, {{ as_of | literal }});
