/*
question = "What did one user do this month?"

[parameters]
days = 30
email = "editor1@example.org"

[budget.medium]
no_seq_scan_on = ["directus_activity", "account_rollup"]
indexes = ["activity_hour_2025_12_pkey", "account_rollup_pkey"]
shared_buffers = 77
temp_blocks = 0
time_ratio = 0.5
*/
SELECT {{ directus }}.get_user_activity(users.id, {{ days | literal }}, {{ as_of | literal }})
FROM {{ directus }}.directus_users AS users
WHERE users.email = {{ email | literal }};
