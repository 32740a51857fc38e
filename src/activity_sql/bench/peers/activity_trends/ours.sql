/*
30 = {DuckDB = [3, 5]}
90 = {DuckDB = [3, 5]}
365 = {DuckDB = [3, 5]}
*/
SELECT subject, current_count, previous_count, growth, trend_percent, trend
FROM <<schema>>.get_activity_trends(<<days>>, 'collection', 100, <<as_of>>)
