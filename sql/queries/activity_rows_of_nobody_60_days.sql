/*
question = "Who logged in to an article in two months? Nobody, and it takes no more than those two months to say so."

[parameters]
days = 60

[budget.medium]
no_seq_scan_on = ["directus_activity"]
indexes = ["directus_activity_timestamp_index"]
shared_buffers = 8589
temp_blocks = 0
time_ratio = 3
*/
SELECT *
FROM {{ directus }}.get_activity_rows(
    {{ days | literal }},
    p_collection => 'articles',
    p_action => 'login',
    p_as_of => {{ as_of | literal }}
);
