/*
question = "Which addresses were busy this month?"

[parameters]
days = 30

[budget.medium]
no_seq_scan_on = ["directus_activity"]
indexes = ["directus_activity_timestamp_index"]
shared_buffers = { 15 = 3534, 18 = 2743 }
temp_blocks = 0
rows_removed = 5700
estimate_error = 40
time_ratio = 6
*/
SELECT *
FROM {{ directus }}.get_ip_activity_stats({{ days | literal }}, 10, 50, {{ as_of | literal }});
