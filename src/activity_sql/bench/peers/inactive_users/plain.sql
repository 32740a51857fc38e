-- One look at an index per user.
SELECT
    users.id AS user_id,
    seen.last_seen,
    floor(extract(epoch FROM <<as_of>>::timestamptz - seen.last_seen) / 86400) AS days_inactive
FROM <<schema>>.directus_users AS users
CROSS JOIN LATERAL (
    SELECT max(activity."timestamp") AS last_seen
    FROM <<schema>>.directus_activity AS activity
    WHERE activity."user" = users.id AND activity."timestamp" < <<as_of>>
) AS seen
WHERE seen.last_seen IS NULL OR seen.last_seen < <<start>>
ORDER BY seen.last_seen NULLS FIRST, users.id
