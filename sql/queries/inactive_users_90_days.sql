/*
question = "Who was not here this quarter?"

[parameters]
days = 90

[budget.medium]
no_seq_scan_on = ["directus_activity"]
indexes = ["activity_hour_2025_12_pkey"]
shared_buffers = 391
temp_blocks = 0
time_ratio = 0.5
*/
SELECT *
FROM {{ directus }}.get_inactive_users({{ days | literal }}, {{ as_of | literal }});
