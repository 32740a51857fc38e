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
-- Locks: ACCESS SHARE. Cost: grows with who acts in the hours of 28 days. One
-- activity_sql.score_series for each that stands out.
CREATE OR REPLACE FUNCTION activity_sql.detect_volume(
    p_by               text[],
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
    SET plan_cache_mode = force_generic_plan
    SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    v_from timestamptz := activity_sql.window_start(p_hours, p_as_of);
BEGIN
    RETURN QUERY
    WITH cells AS MATERIALIZED (
        SELECT
            seen.hour_end,
            seen.user_id,
            seen.ip,
            seen.collection,
            seen.action,
            count(*) AS actions,
            sum(seen.request) AS requests,
            max(seen."timestamp") AS last_seen
        FROM activity_sql.judged_requests(p_hours, p_as_of) AS seen
        GROUP BY seen.hour_end, seen.user_id, seen.ip, seen.collection, seen.action
    ),
    judged AS MATERIALIZED (
        SELECT
            cell.hour_end,
            key.type,
            key.subject,
            sum(cell.actions)::integer AS observed,
            sum(cell.requests)::integer AS requests,
            max(cell.last_seen) AS last_seen
        FROM cells AS cell
        CROSS JOIN LATERAL (
            VALUES
                ('user', cell.user_id::text),
                ('ip', cell.ip),
                ('collection', cell.collection),
                ('action', cell.action)
        ) AS key (type, subject)
        WHERE key.type = ANY (p_by) AND key.subject IS NOT NULL
        GROUP BY cell.hour_end, key.type, key.subject
        HAVING sum(cell.actions) >= 20
    ),
    past AS MATERIALIZED (
        SELECT
            asked.type, history.subject, history.hours, history.counts, history.settled_by
        FROM (
            SELECT
                one.type,
                array_agg(one.subject) AS subjects,
                array_agg(one.observed) AS observed
            FROM (
                SELECT judged.type, judged.subject, max(judged.requests) AS observed
                FROM judged
                GROUP BY judged.type, judged.subject
            ) AS one
            GROUP BY one.type
        ) AS asked
        CROSS JOIN LATERAL activity_sql.usual_hours(
            asked.type,
            asked.subjects,
            asked.observed,
            p_stddev_threshold,
            p_hours,
            v_from,
            p_as_of
        ) AS history
    ),
    scored AS (
        SELECT
            judged.hour_end,
            judged.type,
            judged.subject,
            judged.observed,
            judged.requests,
            judged.last_seen,
            usual.expected,
            usual.baseline,
            usual.sample_size,
            activity_sql.peak_deviation(judged.observed, usual.expected) AS score,
            activity_sql.peak_deviation(judged.requests, usual.expected) AS score_of_requests,
            CASE WHEN judged.type = 'ip' THEN activity_sql.address_standing(judged.subject) END
                AS standing
        FROM judged
        LEFT JOIN past ON past.type = judged.type AND past.subject = judged.subject
        CROSS JOIN LATERAL activity_sql.judge_hour(
            judged.observed,
            judged.requests,
            judged.hour_end,
            past.hours,
            past.counts,
            10,
            40,
            p_stddev_threshold
        ) AS usual
        WHERE past.settled_by IS NULL
            OR activity_sql.peak_deviation(judged.observed, past.settled_by) >= p_stddev_threshold
    )
    SELECT
        found.last_seen,
        'volume_by_' || found.type,
        found.type,
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
            format('p_%s => %L', found.type, found.subject),
            p_notes => jsonb_build_object('requests', found.requests, 'standing', found.standing)
        )
    FROM scored AS found
    WHERE found.score >= p_stddev_threshold;
END;
$function$;

COMMENT ON FUNCTION activity_sql.detect_volume(text [], integer, double precision, timestamptz) IS
    'The detectors volume_by_collection, volume_by_action, volume_by_user and volume_by_ip in one: '
    'p_by are some of "collection", "action", "user" and "ip", and read together cost little more '
    'than one. Not ordered.';

REVOKE ALL ON FUNCTION activity_sql.detect_volume(text [], integer, double precision, timestamptz)
    FROM PUBLIC;
