/*
7 = {}
30 = {"plain SQL" = [30, 100], DuckDB = [4, 10], ClickHouse = [7, 20]}
90 = {DuckDB = [3, 5]}
365 = {DuckDB = [3, 5]}
*/
SELECT ip, total_actions, unique_collections, action_breakdown, first_seen, last_seen
FROM <<schema>>.get_ip_activity_stats(<<days>>, 10, 50, <<as_of>>)
