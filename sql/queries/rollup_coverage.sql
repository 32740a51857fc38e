/*
question = "How far back is an answer exact?"

[budget.medium]
no_seq_scan_on = ["directus_activity"]
shared_buffers = 3701
temp_blocks = 0
time_ratio = 1
*/
SELECT *
FROM {{ directus }}.activity_rollup_coverage();
