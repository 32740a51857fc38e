-- The same detectors, with the 28 days before read from rows. What an hour is compared with, and
-- the score of that, come from the same functions on either side.
WITH requests AS MATERIALIZED (
    SELECT
        seen.hour_end,
        seen.user_id,
        seen.ip,
        seen.collection,
        seen.action,
        seen."timestamp",
        seen.request
    FROM activity_sql.judged_requests(1, <<start>>) AS seen
),
volume AS MATERIALIZED (
    SELECT
        key.type,
        key.subject,
        count(*)::integer AS observed,
        sum(seen.request)::integer AS requests,
        max(seen."timestamp") AS last_seen
    FROM requests AS seen
    CROSS JOIN LATERAL (
        VALUES
            ('user', seen.user_id::text),
            ('ip', seen.ip),
            ('collection', seen.collection),
            ('action', seen.action)
    ) AS key (type, subject)
    WHERE key.subject IS NOT NULL
    GROUP BY key.type, key.subject
    HAVING count(*) >= 20
),
hourly AS (
    SELECT
        CASE
            WHEN grouping(activity."user") = 0 THEN 'user'
            WHEN grouping(activity.ip) = 0 THEN 'ip'
            WHEN grouping(activity.collection) = 0 THEN 'collection'
            ELSE 'action'
        END AS type,
        coalesce(activity."user"::text, activity.ip, activity.collection, activity.action)
            AS subject,
        activity.hour,
        count(*)::integer AS actions
    FROM (
        SELECT
            date_trunc('hour', activity."timestamp", 'UTC') AS hour,
            activity."user",
            activity.ip,
            activity.collection,
            activity.action
        FROM <<schema>>.directus_activity AS activity
        WHERE activity."timestamp" >= <<start>>::timestamptz - interval '675 hours'
            AND activity."timestamp" < date_trunc('hour', <<start>>::timestamptz, 'UTC')
    ) AS activity
    GROUP BY GROUPING SETS (
        (activity.hour, activity."user"),
        (activity.hour, activity.ip),
        (activity.hour, activity.collection),
        (activity.hour, activity.action)
    )
),
past AS MATERIALIZED (
    SELECT
        hourly.type,
        hourly.subject,
        array_agg(hourly.hour) AS hours,
        array_agg(hourly.actions) AS counts
    FROM hourly
    GROUP BY hourly.type, hourly.subject
),
volume_found AS (
    SELECT
        judged.last_seen,
        'volume_by_' || judged.type AS detector,
        judged.type,
        judged.subject,
        judged.observed,
        usual.expected,
        activity_sql.peak_deviation(judged.observed, usual.expected) AS score
    FROM volume AS judged
    LEFT JOIN past ON past.type = judged.type AND past.subject = judged.subject
    CROSS JOIN LATERAL activity_sql.judge_hour(
        judged.observed, judged.requests, <<start>>, past.hours, past.counts, 10, 40, 3.0
    ) AS usual
),
minutes AS (
    SELECT
        seen.hour_end,
        seen.user_id::text AS subject,
        seen."timestamp" AS last_seen,
        count(*) OVER (
            PARTITION BY seen.user_id
            ORDER BY seen."timestamp"
            RANGE BETWEEN interval '1 minute' PRECEDING AND CURRENT ROW
        ) AS observed
    FROM activity_sql.judged_requests(1, <<start>>, interval '1 minute') AS seen
    WHERE seen.user_id IS NOT NULL AND seen.request = 1
),
burst_found AS (
    SELECT
        judged.last_seen,
        'burst' AS detector,
        'user' AS type,
        judged.subject,
        judged.observed,
        usual.expected / 2 AS expected,
        activity_sql.peak_deviation(judged.observed, usual.expected / 2) AS score
    FROM (
        SELECT DISTINCT ON (minute.subject) minute.subject, minute.last_seen, minute.observed
        FROM minutes AS minute
        WHERE minute.observed >= 44 AND minute.hour_end = <<start>>
        ORDER BY minute.subject, minute.observed DESC, minute.last_seen
    ) AS judged
    LEFT JOIN past ON past.type = 'user' AND past.subject = judged.subject
    CROSS JOIN LATERAL activity_sql.judge_hour(
        judged.observed * 2,
        judged.observed * 2,
        <<start>>::timestamptz - interval '1 minute',
        past.hours,
        past.counts,
        40,
        40,
        3.0
    ) AS usual
),
edits AS MATERIALIZED (
    SELECT
        seen.action,
        seen.user_id,
        count(*)::integer AS observed,
        CASE seen.action WHEN 'delete' THEN count(*) ELSE sum(seen.request) END::integer
            AS requests,
        CASE seen.action WHEN 'delete' THEN 15 ELSE 30 END AS least,
        max(seen."timestamp") AS last_seen
    FROM requests AS seen
    WHERE seen.action IN ('delete', 'update') AND seen.user_id IS NOT NULL
    GROUP BY seen.action, seen.user_id
    HAVING CASE seen.action WHEN 'delete' THEN count(*) >= 30 ELSE sum(seen.request) >= 60 END
),
edits_found AS (
    SELECT
        judged.last_seen,
        'mass_' || judged.action AS detector,
        'user' AS type,
        judged.user_id::text AS subject,
        judged.observed,
        usual.expected,
        activity_sql.peak_deviation(judged.observed, usual.expected) AS score
    FROM edits AS judged
    CROSS JOIN LATERAL (
        SELECT array_agg(hours.hour) AS hours, array_agg(hours.actions) AS counts
        FROM (
            SELECT
                date_trunc('hour', activity."timestamp", 'UTC') AS hour,
                count(*)::integer AS actions
            FROM <<schema>>.directus_activity AS activity
            WHERE activity."user" = judged.user_id
                AND activity.action = judged.action
                AND activity."timestamp" >= <<start>>::timestamptz - interval '675 hours'
                AND activity."timestamp" < date_trunc('hour', <<start>>::timestamptz, 'UTC')
            GROUP BY 1
        ) AS hours
    ) AS past
    CROSS JOIN LATERAL activity_sql.judge_hour(
        judged.observed,
        judged.requests,
        <<start>>,
        past.hours,
        past.counts,
        judged.least,
        judged.least,
        3.0
    ) AS usual
),
admin AS MATERIALIZED (
    SELECT
        seen.user_id,
        count(*)::integer AS observed,
        sum(seen.request)::integer AS requests,
        count(*) FILTER (WHERE seen.collection <> 'directus_users') AS rights,
        max(seen."timestamp") AS last_seen
    FROM requests AS seen
    WHERE seen.user_id IS NOT NULL
        AND seen.action IN ('create', 'update', 'delete')
        AND seen.collection IN (
            'directus_access', 'directus_flows', 'directus_permissions', 'directus_policies',
            'directus_roles', 'directus_settings', 'directus_users'
        )
    GROUP BY seen.user_id
    HAVING count(*) >= 11 OR count(*) FILTER (WHERE seen.collection <> 'directus_users') > 0
),
admin_found AS (
    SELECT
        judged.last_seen,
        'admin_writes' AS detector,
        'user' AS type,
        judged.user_id::text AS subject,
        judged.observed,
        usual.expected,
        greatest(
            activity_sql.peak_deviation(judged.observed, usual.expected),
            CASE WHEN judged.rights > 0 AND past.rights IS NOT TRUE THEN 3 ELSE 0 END
        ) AS score
    FROM admin AS judged
    CROSS JOIN LATERAL (
        SELECT
            array_agg(hours.hour) AS hours,
            array_agg(hours.actions) AS counts,
            bool_or(hours.rights > 0) FILTER (
                WHERE hours.hour >= <<start>>::timestamptz - interval '673 hours'
                    AND hours.hour <= <<start>>::timestamptz - interval '2 hours'
            ) AS rights
        FROM (
            SELECT
                date_trunc('hour', activity."timestamp", 'UTC') AS hour,
                count(*)::integer AS actions,
                count(*) FILTER (WHERE activity.collection <> 'directus_users') AS rights
            FROM <<schema>>.directus_activity AS activity
            WHERE activity."user" = judged.user_id
                AND activity.action IN ('create', 'update', 'delete')
                AND activity.collection IN (
                    'directus_access', 'directus_flows', 'directus_permissions',
                    'directus_policies', 'directus_roles', 'directus_settings', 'directus_users'
                )
                AND activity."timestamp" >= <<start>>::timestamptz - interval '675 hours'
                AND activity."timestamp" < date_trunc('hour', <<start>>::timestamptz, 'UTC')
            GROUP BY 1
        ) AS hours
    ) AS past
    CROSS JOIN LATERAL activity_sql.judge_hour(
        judged.observed, judged.requests, <<start>>, past.hours, past.counts, 5, 5, 3.0
    ) AS usual
),
-- Each network of a user, and each user of an address, counts for half an hour.
met AS MATERIALIZED (
    SELECT
        side.type,
        side.subject,
        side.other,
        seen.hour_end,
        seen."timestamp"
    FROM activity_sql.judged_rows(1, <<start>>, interval '30 minutes') AS seen
    CROSS JOIN LATERAL (
        VALUES
            ('user', seen.user_id::text, activity_sql.network_of(seen.ip)),
            ('ip', seen.ip, seen.user_id::text)
    ) AS side (type, subject, other)
    WHERE seen.user_id IS NOT NULL AND seen.ip IS NOT NULL
),
spells AS (
    SELECT
        met.type,
        met.subject,
        met.hour_end,
        met."timestamp",
        lag(met."timestamp") OVER of_pair AS before,
        lead(met."timestamp") OVER of_pair AS after
    FROM met
    WINDOW of_pair AS (PARTITION BY met.type, met.subject, met.other ORDER BY met."timestamp")
),
steps AS (
    SELECT
        spell.type,
        spell.subject,
        spell.hour_end,
        spell."timestamp" AS moment,
        CASE WHEN spell.before >= spell."timestamp" - interval '30 minutes' THEN 0 ELSE 1 END
            AS change
    FROM spells AS spell
    UNION ALL
    SELECT spell.type, spell.subject, NULL, spell."timestamp" + interval '30 minutes', -1
    FROM spells AS spell
    WHERE spell.after IS NULL OR spell.after > spell."timestamp" + interval '30 minutes'
),
spread AS MATERIALIZED (
    SELECT DISTINCT ON (counted.type, counted.subject)
        counted.type,
        counted.subject,
        counted.moment AS last_seen,
        counted.observed
    FROM (
        SELECT
            step.type,
            step.subject,
            step.hour_end,
            step.moment,
            sum(step.change) OVER (
                PARTITION BY step.type, step.subject ORDER BY step.moment, step.change < 0
            ) AS observed
        FROM steps AS step
    ) AS counted
    WHERE counted.hour_end = <<start>> AND counted.observed >= 3
    ORDER BY counted.type, counted.subject, counted.observed DESC, counted.moment
),
spread_found AS (
    SELECT
        judged.last_seen,
        CASE judged.type WHEN 'user' THEN 'many_networks' ELSE 'many_users' END AS detector,
        judged.type,
        judged.subject,
        judged.observed,
        usual.expected,
        activity_sql.peak_deviation(judged.observed, usual.expected) AS score
    FROM spread AS judged
    CROSS JOIN LATERAL (
        SELECT array_agg(hours.hour) AS hours, array_agg(hours.others) AS counts
        FROM (
            SELECT
                date_trunc('hour', activity."timestamp", 'UTC') AS hour,
                count(DISTINCT activity_sql.network_of(activity.ip))::integer AS others
            FROM <<schema>>.directus_activity AS activity
            WHERE judged.type = 'user'
                AND activity."user" = CASE judged.type WHEN 'user' THEN judged.subject END::uuid
                AND activity.ip IS NOT NULL
                AND activity."timestamp" >= <<start>>::timestamptz - interval '675 hours'
                AND activity."timestamp" < date_trunc('hour', <<start>>::timestamptz, 'UTC')
            GROUP BY 1
            UNION ALL
            SELECT
                date_trunc('hour', activity."timestamp", 'UTC'),
                count(DISTINCT activity."user")::integer
            FROM <<schema>>.directus_activity AS activity
            WHERE judged.type = 'ip'
                AND activity.ip = judged.subject
                AND activity."user" IS NOT NULL
                AND activity."timestamp" >= <<start>>::timestamptz - interval '675 hours'
                AND activity."timestamp" < date_trunc('hour', <<start>>::timestamptz, 'UTC')
            GROUP BY 1
        ) AS hours
    ) AS past
    CROSS JOIN LATERAL activity_sql.judge_hour(
        judged.observed,
        judged.observed,
        <<start>>::timestamptz - interval '30 minutes',
        past.hours,
        past.counts,
        1,
        1,
        3.0
    ) AS usual
)
SELECT
    found.last_seen AS detected_at,
    found.detector,
    found.type AS subject_type,
    found.subject,
    found.observed::double precision AS observed,
    found.expected,
    found.score
FROM (
    SELECT volume.* FROM volume_found AS volume
    UNION ALL
    SELECT burst.* FROM burst_found AS burst
    UNION ALL
    SELECT edits.* FROM edits_found AS edits
    UNION ALL
    SELECT admin.* FROM admin_found AS admin
    UNION ALL
    SELECT spread.* FROM spread_found AS spread
) AS found
WHERE found.score >= 3.0
ORDER BY found.score DESC, found.detector COLLATE "C", found.subject COLLATE "C", found.last_seen
