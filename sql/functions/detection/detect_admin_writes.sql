-- Users who wrote to what decides who may do what.
--
-- Of directus_users only what many do counts: everybody edits their own profile.
--
--   constant        why
--   5 writes        an hour of ordinary administration, expected at least; so it begins at 11
--
-- Locks: ACCESS SHARE. Cost: the rows of the window, and the cells of 28 days where
-- anybody wrote there.
CREATE OR REPLACE FUNCTION activity_sql.detect_admin_writes(
    p_hours            integer          DEFAULT 1,
    p_stddev_threshold double precision DEFAULT 3.0,
    p_as_of            timestamptz      DEFAULT NULL
)
    RETURNS TABLE (
        detected_at  timestamptz,
        detector     text,
        subject_type text,
        subject      text,
        observed     double precision,
        expected     double precision,
        score        double precision,
        severity     text,
        reasons      jsonb
    )
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
    SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    v_from        timestamptz := activity_sql.window_start(p_hours, p_as_of);
    c_collections CONSTANT text[] := ARRAY[
        'directus_access',
        'directus_flows',
        'directus_permissions',
        'directus_policies',
        'directus_roles',
        'directus_settings',
        'directus_users'
    ];
    c_actions     CONSTANT text[] := ARRAY['create', 'update', 'delete'];
BEGIN
    RETURN QUERY
    WITH judged AS MATERIALIZED (
        SELECT
            seen.hour_end,
            seen.user_id::text AS subject,
            count(*)::integer AS observed,
            sum(seen.request)::integer AS requests,
            count(*) FILTER (WHERE seen.collection <> 'directus_users')::integer AS rights,
            array_agg(DISTINCT seen.collection) AS collections,
            max(seen."timestamp") AS last_seen
        FROM activity_sql.judged_requests(
            p_hours, p_as_of, p_actions => c_actions, p_collections => c_collections
        ) AS seen
        WHERE seen.user_id IS NOT NULL
        GROUP BY 1, 2
        HAVING count(*) >= 11 OR count(*) FILTER (WHERE seen.collection <> 'directus_users') > 0
    ),
    past AS MATERIALIZED (
        SELECT history.subject, history.hours, history.counts
        FROM (
            SELECT
                coalesce(array_agg(one.subject), '{}') AS subjects,
                coalesce(array_agg(one.observed), '{}') AS observed
            FROM (
                SELECT judged.subject, max(judged.requests) AS observed
                FROM judged
                GROUP BY judged.subject
            ) AS one
        ) AS asked
        CROSS JOIN LATERAL activity_sql.usual_hours(
            'user',
            asked.subjects,
            asked.observed,
            p_stddev_threshold,
            p_hours,
            v_from,
            p_as_of,
            p_actions => c_actions,
            p_collections => c_collections
        ) AS history
    ),
    -- Who wrote there, but for users.
    rights AS MATERIALIZED (
        SELECT history.subject, history.hours
        FROM activity_sql.hourly_history(
            'user',
            ARRAY(SELECT DISTINCT judged.subject FROM judged WHERE judged.rights > 0),
            v_from - interval '673 hours',
            coalesce(p_as_of, now()),
            p_actions => c_actions,
            p_collections => array_remove(c_collections, 'directus_users')
        ) AS history
    ),
    scored AS (
        SELECT
            judged.hour_end,
            judged.subject,
            judged.observed,
            judged.requests,
            judged.collections,
            judged.last_seen,
            usual.expected,
            usual.baseline,
            usual.sample_size,
            novel.first_time,
            greatest(
                activity_sql.peak_deviation(judged.observed, usual.expected),
                CASE WHEN novel.first_time THEN 3 ELSE 0 END
            ) AS score,
            activity_sql.peak_deviation(judged.requests, usual.expected) AS score_of_requests
        FROM judged
        LEFT JOIN past ON past.subject = judged.subject
        CROSS JOIN LATERAL activity_sql.judge_hour(
            judged.observed,
            judged.requests,
            judged.hour_end,
            past.hours,
            past.counts,
            5,
            5,
            p_stddev_threshold
        ) AS usual
        CROSS JOIN LATERAL (
            SELECT
                judged.rights > 0 AND NOT EXISTS (
                    SELECT FROM rights
                    CROSS JOIN unnest(rights.hours) AS known (hour)
                    WHERE rights.subject = judged.subject
                        AND known.hour >= judged.hour_end - interval '673 hours'
                        AND known.hour <= judged.hour_end - interval '2 hours'
                ) AS first_time
        ) AS novel
    )
    SELECT
        found.last_seen,
        'admin_writes',
        'user',
        found.subject,
        found.observed::double precision,
        found.expected,
        found.score,
        activity_sql.anomaly_severity(least(found.score, found.score_of_requests)),
        activity_sql.anomaly_reasons(
            'writes in an hour',
            found.baseline,
            found.sample_size,
            found.hour_end - interval '1 hour',
            greatest(found.hour_end, found.last_seen + interval '1 microsecond'),
            format('p_user => %L', found.subject),
            format('AND collection = ANY (%L) AND action = ANY (%L)', c_collections, c_actions),
            jsonb_build_object(
                'requests', found.requests,
                'collections', found.collections,
                'first_in_28_days', nullif(found.first_time, false)
            )
        )
    FROM scored AS found
    WHERE found.score >= p_stddev_threshold;
END;
$function$;

COMMENT ON FUNCTION activity_sql.detect_admin_writes(integer, double precision, timestamptz) IS
    'admin_writes. Sees: a user who created, updated or deleted in directus_users, '
    'directus_roles, directus_policies, directus_access, directus_permissions, directus_flows or '
    'directus_settings, either for the first time in 28 days (score 3.0, low; not of '
    'directus_users, where everybody edits their own profile), or at least 11 times in an hour '
    'and far more than in 95 of 100 of their own hours with such writes. Thresholds: 5 writes '
    'are expected at least. Known false alarms: a deploy that sets permissions; the start of the '
    'month for who administers rarely. Quiet it: leave the account that deploys out '
    '(activity_sql.configure, p_excluded_users), or pass a p_stddev_threshold over 3 for no '
    'first times.';

REVOKE ALL ON FUNCTION activity_sql.detect_admin_writes(integer, double precision, timestamptz)
    FROM PUBLIC;
