-- Accounts used from many networks, or addresses with many accounts, within half an hour.
--
-- Three in half an hour at least; and what is usual for the subject in an hour is
-- expected, so an office or a phone that moves is known after some days.
--
-- Locks: ACCESS SHARE. Cost: the rows of the window, and the cells of 28 days where
-- anybody reaches three.
CREATE OR REPLACE FUNCTION activity_sql.detect_spread(
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
    SET plan_cache_mode = force_generic_plan
    SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    v_from timestamptz := activity_sql.window_start(p_hours, p_as_of);
BEGIN
    RETURN QUERY
    WITH met AS MATERIALIZED (
        SELECT
            seen.hour_end,
            CASE p_by WHEN 'user' THEN seen.user_id::text ELSE seen.ip END AS subject,
            CASE p_by WHEN 'user' THEN seen.ip ELSE seen.user_id::text END AS other,
            seen."timestamp"
        FROM activity_sql.judged_rows(p_hours, p_as_of, interval '30 minutes') AS seen
        WHERE seen.user_id IS NOT NULL AND seen.ip IS NOT NULL
    ),
    busy AS (
        SELECT
            met.hour_end,
            met.subject,
            CASE p_by WHEN 'user' THEN activity_sql.network_of(met.other) ELSE met.other END
                AS other,
            met."timestamp"
        FROM met
        WHERE met.subject IN (
            SELECT one.subject
            FROM (SELECT DISTINCT met.subject, met.other FROM met) AS one
            GROUP BY one.subject
            HAVING count(*) >= 3
        )
    ),
    -- Each other counts from its row to half an hour after: a spell, as long as rows follow.
    rows AS (
        SELECT
            busy.hour_end,
            busy.subject,
            busy."timestamp",
            lag(busy."timestamp") OVER of_pair AS before,
            lead(busy."timestamp") OVER of_pair AS after
        FROM busy
        WINDOW of_pair AS (PARTITION BY busy.subject, busy.other ORDER BY busy."timestamp")
    ),
    steps AS (
        SELECT
            one.hour_end,
            one.subject,
            one."timestamp" AS moment,
            CASE WHEN one.before >= one."timestamp" - interval '30 minutes' THEN 0 ELSE 1 END
                AS change
        FROM rows AS one
        UNION ALL
        SELECT NULL, one.subject, one."timestamp" + interval '30 minutes', -1
        FROM rows AS one
        WHERE one.after IS NULL OR one.after > one."timestamp" + interval '30 minutes'
    ),
    judged AS MATERIALIZED (
        SELECT DISTINCT ON (counted.hour_end, counted.subject)
            counted.hour_end,
            counted.subject,
            counted.moment AS last_seen,
            counted.observed
        FROM (
            SELECT
                step.hour_end,
                step.subject,
                step.moment,
                sum(step.change) OVER (
                    PARTITION BY step.subject
                    ORDER BY step.moment, step.change < 0
                ) AS observed
            FROM steps AS step
        ) AS counted
        WHERE counted.hour_end > v_from AND counted.observed >= 3
        ORDER BY counted.hour_end, counted.subject, counted.observed DESC, counted.moment
    ),
    past AS MATERIALIZED (
        SELECT history.subject, history.hours, history.counts
        FROM (
            SELECT
                coalesce(array_agg(one.subject), '{}') AS subjects,
                coalesce(array_agg(one.observed), '{}') AS observed
            FROM (
                SELECT judged.subject, max(judged.observed)::integer AS observed
                FROM judged
                GROUP BY judged.subject
            ) AS one
        ) AS asked
        CROSS JOIN LATERAL activity_sql.usual_hours(
            CASE p_by WHEN 'user' THEN 'networks' ELSE 'users' END,
            asked.subjects,
            asked.observed,
            p_stddev_threshold,
            p_hours,
            v_from - interval '30 minutes',
            p_as_of
        ) AS history
    ),
    scored AS (
        SELECT
            judged.subject,
            judged.last_seen,
            judged.observed,
            usual.baseline,
            usual.sample_size,
            usual.expected,
            activity_sql.peak_deviation(judged.observed, usual.expected) AS score,
            CASE WHEN p_by = 'ip' THEN activity_sql.address_standing(judged.subject) END AS standing
        FROM judged
        LEFT JOIN past ON past.subject = judged.subject
        CROSS JOIN LATERAL activity_sql.judge_hour(
            judged.observed,
            judged.observed,
            -- So that the half hour is not in its own baseline.
            judged.hour_end - interval '30 minutes',
            past.hours,
            past.counts,
            1,
            1,
            p_stddev_threshold
        ) AS usual
    )
    SELECT
        found.last_seen,
        CASE p_by WHEN 'user' THEN 'many_networks' ELSE 'many_users' END,
        p_by,
        found.subject,
        found.observed::double precision,
        found.expected,
        found.score,
        CASE
            WHEN found.standing IS NULL THEN activity_sql.anomaly_severity(found.score)
            ELSE 'low'
        END,
        activity_sql.anomaly_reasons(
            CASE p_by WHEN 'user' THEN 'networks' ELSE 'users' END || ' in half an hour',
            found.baseline,
            found.sample_size,
            found.last_seen - interval '30 minutes',
            found.last_seen + interval '1 microsecond',
            format('p_%s => %L', p_by, found.subject),
            p_notes => jsonb_build_object('standing', found.standing)
        )
    FROM scored AS found
    WHERE found.score >= p_stddev_threshold;
END;
$function$;

COMMENT ON FUNCTION activity_sql.detect_spread(text, integer, double precision, timestamptz) IS
    'The detectors many_networks (p_by user) and many_users (p_by ip) in one. Not ordered.';

REVOKE ALL ON FUNCTION activity_sql.detect_spread(text, integer, double precision, timestamptz)
    FROM PUBLIC;
