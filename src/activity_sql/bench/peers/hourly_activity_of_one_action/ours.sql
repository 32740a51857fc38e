/*
1 = {}
30 = {DuckDB = [3, 5]}
*/
SELECT hour, action, count
FROM <<schema>>.get_hourly_activity(24 * <<days>>, 'update', <<as_of>>)
