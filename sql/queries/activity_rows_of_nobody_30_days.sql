/*
question = "Which rows of this month did somebody log in with to an article? None, which reading no more than the month has to show."

[parameters]
days = 30

[budget.medium]
no_seq_scan_on = ["directus_activity"]
indexes = ["directus_activity_timestamp_index"]
shared_buffers = 4803
temp_blocks = 0
time_ratio = 1
*/
SELECT *
FROM {{ directus }}.get_activity_rows(
    {{ days | literal }},
    p_collection => 'articles',
    p_action => 'login',
    p_as_of => {{ as_of | literal }}
);
