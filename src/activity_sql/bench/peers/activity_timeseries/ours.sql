/*
30 = {DuckDB = [3, 5]}
90 = {DuckDB = [3, 5]}
365 = {DuckDB = [3, 5]}
*/
SELECT bucket, total, unique_users, unique_ips, by_action
FROM <<schema>>.get_activity_timeseries(<<days>>, 'day', NULL, NULL, 'UTC', <<as_of>>)
