/*
30 = {DuckDB = [3, 5]}
90 = {DuckDB = [3, 5]}
365 = {DuckDB = [3, 5]}
*/
SELECT collection, action, date, count, unique_users, unique_ips, avg_seconds_between_actions
FROM <<schema>>.get_activity_breakdown(<<days>>, 'UTC', <<as_of>>)
