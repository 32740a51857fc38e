/*
question = "Who worked with the data this month?"

[parameters]
days = 30

[budget.medium]
no_seq_scan_on = ["directus_activity", "account_rollup"]
indexes = ["activity_hour_2025_12_pkey", "account_rollup_pkey"]
partitions = ["activity_hour_2025_11", "activity_hour_2025_12"]
shared_buffers = 375
temp_blocks = 0
time_ratio = 1.5
*/
SELECT *
FROM {{ directus }}.get_user_engagement_metrics(
    {{ days | literal }}, 100, 'UTC', {{ as_of | literal }}
);
