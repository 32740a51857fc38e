/*
30 = {DuckDB = [3, 5]}
90 = {DuckDB = [3, 5]}
365 = {DuckDB = [3, 5]}
*/
SELECT user_id, logins, login_days, distinct_ips, last_login, last_ip
FROM <<schema>>.get_user_logins(<<days>>, 100, <<as_of>>)
