/*
30 = {DuckDB = [3, 5]}
90 = {DuckDB = [3, 5]}
365 = {DuckDB = [3, 5]}
*/
SELECT ip, action_count, distinct_collections, distinct_actions, unique_users, last_seen
FROM <<schema>>.get_suspicious_activity(24 * <<days>>, <<busy>>, <<as_of>>)
