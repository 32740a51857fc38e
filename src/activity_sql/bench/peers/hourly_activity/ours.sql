/*
1 = {}
30 = {}
*/
SELECT hour, action, count
FROM <<schema>>.get_hourly_activity(24 * <<days>>, NULL, <<as_of>>)
