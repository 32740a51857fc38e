/*
question = "Which collection saw which action on which day this month?"

[parameters]
days = 30

[budget.medium]
no_seq_scan_on = ["directus_activity", "collection_action_rollup"]
indexes = ["directus_activity_timestamp_index", "collection_action_rollup_pkey"]
shared_buffers = 318
temp_blocks = 0
time_ratio = 1
*/
SELECT *
FROM {{ directus }}.get_activity_breakdown({{ days | literal }}, 'UTC', {{ as_of | literal }});
