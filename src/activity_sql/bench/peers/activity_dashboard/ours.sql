/*
7 = {}
30 = {"plain SQL" = [30, 100], DuckDB = [5, 10], ClickHouse = [5, 10]}
90 = {DuckDB = [3, 5]}
365 = {DuckDB = [3, 5]}
*/
SELECT <<schema>>.get_activity_dashboard(<<days>>, <<as_of>>)
