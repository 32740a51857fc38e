/*
question = "How much happened, day by day, this month?"

[parameters]
days = 30

[budget.medium]
no_seq_scan_on = ["directus_activity", "address_rollup", "account_rollup", "collection_action_rollup"]
indexes = ["activity_hour_2025_12_pkey", "address_rollup_pkey", "account_rollup_pkey", "collection_action_rollup_pkey"]
shared_buffers = 138
temp_blocks = 0
time_ratio = 1
*/
SELECT *
FROM {{ directus }}.get_activity_timeseries(
    {{ days | literal }}, 'day', NULL, NULL, 'UTC', {{ as_of | literal }}
);
