-- Hours in which a collection, an action, a user or an address did far more than it used to.
--
-- Only who reaches 20 rows in an hour is looked up, so the cost is that of reading
-- the hours before, once. Where the rows came in so few requests that these alone would
-- stand out nowhere, it is an import or a deploy, and of low severity; so is an address
-- that the settings know.
--
--   constant            why
--   at least 20 rows    less is a person at work, whatever was usual
--   40 for a newcomer   of whom nothing is known: a busy editor saves some 40 times an hour
--
-- Locks: ACCESS SHARE. Cost: grows with who acts in the hours of 28 days; for collections with
-- their cells. 30 ms for each that stands out.
CREATE OR REPLACE FUNCTION activity_sql.detect_volume(
    p_by               text,
    p_hours            integer,
    p_stddev_threshold double precision,
    p_as_of            timestamptz
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
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    v_from timestamptz := activity_sql.window_start(p_hours, p_as_of);
BEGIN
    RETURN QUERY
    WITH judged AS MATERIALIZED (
        SELECT
            seen.hour_end,
            CASE p_by
                WHEN 'user' THEN seen.user_id::text
                WHEN 'ip' THEN seen.ip
                WHEN 'collection' THEN seen.collection
                ELSE seen.action
            END AS subject,
            count(*)::integer AS observed,
            sum(seen.request)::integer AS requests,
            max(seen."timestamp") AS last_seen
        FROM activity_sql.judged_rows(p_hours, p_as_of) AS seen
        GROUP BY 1, 2
        HAVING count(*) >= 20
    ),
    past AS MATERIALIZED (
        SELECT history.subject, history.hours, history.counts
        FROM activity_sql.hourly_history(
            p_by,
            ARRAY(
                SELECT DISTINCT judged.subject FROM judged WHERE judged.subject IS NOT NULL
            ),
            v_from - interval '673 hours',
            coalesce(p_as_of, now())
        ) AS history
    ),
    scored AS (
        SELECT
            judged.hour_end,
            judged.subject,
            judged.observed,
            judged.requests,
            judged.last_seen,
            usual.expected,
            usual.baseline,
            usual.sample_size,
            activity_sql.peak_deviation(judged.observed, usual.expected) AS score,
            activity_sql.peak_deviation(judged.requests, usual.expected) AS score_of_requests,
            CASE WHEN p_by = 'ip' THEN activity_sql.address_standing(judged.subject) END AS standing
        FROM judged
        LEFT JOIN past ON past.subject = judged.subject
        CROSS JOIN LATERAL activity_sql.judge_hour(
            judged.observed,
            judged.hour_end,
            past.hours,
            past.counts,
            10,
            40,
            p_stddev_threshold
        ) AS usual
        WHERE judged.subject IS NOT NULL
    )
    SELECT
        found.last_seen,
        'volume_by_' || p_by,
        p_by,
        found.subject,
        found.observed::double precision,
        found.expected,
        found.score,
        CASE
            WHEN found.standing IS NULL THEN activity_sql.anomaly_severity(
                least(found.score, found.score_of_requests)
            )
            ELSE 'low'
        END,
        activity_sql.anomaly_reasons(
            'rows in an hour',
            found.baseline,
            found.sample_size,
            found.hour_end - interval '1 hour',
            greatest(found.hour_end, found.last_seen + interval '1 microsecond'),
            format('p_%s => %L', p_by, found.subject),
            p_notes => jsonb_build_object('requests', found.requests, 'standing', found.standing)
        )
    FROM scored AS found
    WHERE found.score >= p_stddev_threshold;
END;
$function$;

COMMENT ON FUNCTION activity_sql.detect_volume(text, integer, double precision, timestamptz) IS
    'The detectors volume_by_collection, volume_by_action, volume_by_user and volume_by_ip in one: '
    'p_by is collection, action, user or ip. Not ordered.';

REVOKE ALL ON FUNCTION activity_sql.detect_volume(text, integer, double precision, timestamptz)
    FROM PUBLIC;
