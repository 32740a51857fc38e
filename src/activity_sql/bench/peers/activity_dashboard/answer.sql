WITH dashboard AS MATERIALIZED (
    SELECT answer FROM <<schema>>.get_activity_dashboard(<<days>>, <<as_of>>) AS answer
),
sections AS (
    SELECT entry.key AS section, jsonb_array_elements(entry.value) AS item
    FROM dashboard
    CROSS JOIN LATERAL jsonb_each(dashboard.answer - 'summary' - 'hourly') AS entry
),
hours AS (
    SELECT
        (extract(epoch FROM (item ->> 'timestamp')::timestamptz) * 1000)::bigint::text AS hour,
        (item ->> 'total')::bigint AS actions,
        (item ->> 'uniqueUsers')::bigint AS users,
        item -> 'byAction' AS by_action
    FROM dashboard
    CROSS JOIN LATERAL jsonb_array_elements(dashboard.answer -> 'hourly') AS item
),
answer AS (
    SELECT
        section,
        coalesce(item ->> 'collection', item ->> 'action', item ->> 'ip', item ->> 'userId') AS key,
        (item ->> 'count')::bigint AS actions,
        (item ->> 'countDistinct_collection')::bigint AS collections,
        (item ->> 'countDistinct_user')::bigint AS users,
        (item ->> 'countDistinct_ip')::bigint AS ips
    FROM sections
    UNION ALL
    SELECT
        'summary',
        '',
        (answer #>> '{summary,totalActivity}')::bigint,
        NULL,
        (answer #>> '{summary,uniqueUsers}')::bigint,
        (answer #>> '{summary,uniqueIPs}')::bigint
    FROM dashboard
    UNION ALL
    SELECT 'hourly', hour, actions, NULL, users, NULL
    FROM hours
    WHERE actions > 0
    UNION ALL
    SELECT 'hourly actions', hour || ' ' || part.key, part.value::bigint, NULL, NULL, NULL
    FROM hours
    CROSS JOIN LATERAL jsonb_each(by_action) AS part
)
SELECT *
FROM answer
ORDER BY section COLLATE "C", actions DESC, key COLLATE "C"
