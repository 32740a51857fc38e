/*
30 = {DuckDB = [3, 5]}
90 = {DuckDB = [3, 5]}
365 = {DuckDB = [3, 5]}
*/
SELECT ip, action, action_count, collections_accessed, first_seen, last_seen
FROM <<schema>>.get_ip_action_stats(<<days>>, 10, 100, <<as_of>>)
