/*
30 = {DuckDB = [3, 5]}
90 = {DuckDB = [3, 5]}
365 = {DuckDB = [3, 5]}
*/
SELECT user_id, last_seen, days_inactive
FROM <<schema>>.get_inactive_users(<<days>>, <<as_of>>)
