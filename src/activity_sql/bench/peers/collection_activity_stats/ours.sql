/*
30 = {DuckDB = [3, 5]}
90 = {DuckDB = [3, 5]}
365 = {DuckDB = [3, 5]}
*/
SELECT collection, activity_count, unique_users, unique_ips, last_activity
FROM <<schema>>.get_collection_activity_stats(<<days>>, <<as_of>>)
