/*
question = "Who logged in this month?"

[parameters]
days = 30

[budget.medium]
no_seq_scan_on = ["directus_activity", "login_rollup"]
indexes = ["directus_activity_timestamp_index", "login_rollup_pkey"]
shared_buffers = 508
temp_blocks = 0
time_ratio = 0.5
*/
SELECT *
FROM {{ directus }}.get_user_logins({{ days | literal }}, 100, {{ as_of | literal }});
