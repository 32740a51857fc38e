/*
question = "Which addresses were busy this week?"

[parameters]
days = 7

[budget.medium]
no_seq_scan_on = ["directus_activity"]
indexes = ["directus_activity_timestamp_index"]
shared_buffers = { 15 = 578, 18 = 379 }
temp_blocks = 0
rows_removed = 1400
estimate_error = 10
time_ratio = 1.5
*/
SELECT *
FROM {{ directus }}.get_ip_activity_stats({{ days | literal }}, 10, 50, {{ as_of | literal }});
