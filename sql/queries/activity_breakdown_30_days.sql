/*
question = "Which collection saw which action on which day this month?"

[parameters]
days = 30

[budget.medium]
no_seq_scan_on = ["directus_activity", "collection_action_rollup"]
indexes = ["activity_hour_2025_12_pkey", "collection_action_rollup_pkey"]
shared_buffers = 145
temp_blocks = 0
time_ratio = 1
*/
SELECT *
FROM {{ directus }}.get_activity_breakdown({{ days | literal }}, 'UTC', {{ as_of | literal }});
