WITH pairs AS (
    SELECT
        seen.bucket,
        seen.action,
        seen."user",
        seen.ip,
        count(*) AS actions,
        grouping(seen.action) AS without_action
    FROM (
        SELECT
            date_trunc('day', activity."timestamp", 'UTC') AS bucket,
            activity.action,
            activity."user",
            activity.ip
        FROM <<schema>>.directus_activity AS activity
        WHERE activity."timestamp" >= <<start>> AND activity."timestamp" < <<as_of>>
    ) AS seen
    GROUP BY GROUPING SETS (
        (seen.bucket, seen.action), (seen.bucket, seen."user"), (seen.bucket, seen.ip)
    )
),
days AS (
    SELECT
        bucket,
        sum(actions) FILTER (WHERE without_action = 0)::bigint AS total,
        count("user") AS unique_users,
        count(ip) AS unique_ips,
        jsonb_object_agg(action, actions) FILTER (WHERE without_action = 0) AS by_action
    FROM pairs
    GROUP BY bucket
)
SELECT
    bucket,
    coalesce(days.total, 0) AS total,
    coalesce(days.unique_users, 0) AS unique_users,
    coalesce(days.unique_ips, 0) AS unique_ips,
    coalesce(days.by_action, '{}') AS by_action
FROM generate_series(
    date_trunc('day', <<start>>::timestamptz, 'UTC'),
    <<as_of>>::timestamptz - interval '1 microsecond',
    interval '1 day'
) AS gap (bucket)
LEFT JOIN days USING (bucket)
ORDER BY bucket
