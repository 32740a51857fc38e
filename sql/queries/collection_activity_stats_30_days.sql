/*
question = "Which collections were used this month, and by how many?"

[parameters]
days = 30

[budget.medium]
no_seq_scan_on = ["directus_activity", "address_rollup", "account_rollup", "collection_action_rollup"]
indexes = ["activity_hour_2025_12_pkey", "address_rollup_pkey", "account_rollup_pkey", "collection_action_rollup_pkey"]
shared_buffers = 208
temp_blocks = 0
time_ratio = 0.5
*/
SELECT *
FROM {{ directus }}.get_collection_activity_stats({{ days | literal }}, {{ as_of | literal }});
