/*
question = "What was done last?"

[parameters]
days = 7

[budget.medium]
no_seq_scan_on = ["directus_activity"]
indexes = ["directus_activity_pkey"]
shared_buffers = 45
temp_blocks = 0
time_ratio = 1
*/
SELECT *
FROM {{ directus }}.get_activity_rows({{ days | literal }}, p_as_of => {{ as_of | literal }});
