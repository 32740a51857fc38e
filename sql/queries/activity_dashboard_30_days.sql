/*
question = "What does the dashboard of this month show?"

[parameters]
days = 30

[budget.medium]
no_seq_scan_on = ["directus_activity", "address_rollup", "account_rollup", "collection_action_rollup"]
indexes = ["activity_hour_2025_12_pkey", "address_rollup_pkey", "account_rollup_pkey"]
shared_buffers = 334
temp_blocks = 0
time_ratio = 1.5
*/
SELECT {{ directus }}.get_activity_dashboard({{ days | literal }}, {{ as_of | literal }});
