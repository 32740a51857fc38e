/*
question = "What changed most this week?"

[parameters]
days = 7

[budget.medium]
no_seq_scan_on = ["directus_activity"]
indexes = ["directus_activity_timestamp_index"]
shared_buffers = 586
temp_blocks = 0
time_ratio = 1
*/
SELECT *
FROM {{ directus }}.get_top_items({{ days | literal }}, p_as_of => {{ as_of | literal }});
