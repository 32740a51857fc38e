/*
question = "Which addresses were too busy this month?"

[parameters]
hours = 720

[budget.medium]
no_seq_scan_on = ["directus_activity", "address_rollup"]
indexes = ["activity_hour_2025_12_pkey", "address_rollup_pkey"]
shared_buffers = 579
temp_blocks = 0
time_ratio = 1
*/
SELECT *
FROM {{ directus }}.get_suspicious_activity({{ hours | literal }}, 100, {{ as_of | literal }});
