/*
30 = {DuckDB = [3, 5]}
*/
SELECT ip, action_count, distinct_collections, distinct_actions, unique_users, last_seen
FROM <<schema>>.get_suspicious_activity(24 * <<days>>, 100, <<as_of>>)
