/*
question = "Who was not here this quarter?"

[parameters]
days = 90

[budget.medium]
no_seq_scan_on = ["directus_activity"]
indexes = ["directus_activity_timestamp_index"]
shared_buffers = 486
temp_blocks = 0
time_ratio = 0.5
*/
SELECT *
FROM {{ directus }}.get_inactive_users({{ days | literal }}, {{ as_of | literal }});
