/*
30 = {DuckDB = [3, 5]}
90 = {DuckDB = [3, 5]}
365 = {DuckDB = [3, 5]}
*/
SELECT
    user_id,
    total_actions,
    active_days,
    collections_used,
    unique_ips,
    action_breakdown,
    first_seen,
    last_seen,
    longest_streak_days
FROM <<schema>>.get_user_engagement_metrics(<<days>>, NULL, 'UTC', <<as_of>>)
ORDER BY user_id
