-- Users who deleted or updated far more in an hour than they used to.
--
-- Deletions count as they are: a batch of them is what this is for. Of updates a request
-- counts once for the floor and the severity: an import updates thousands.
--
--   constant              why
--   30 deletions          fewer are undone by hand; 15 are expected at least
--   60 updates            an editor saves some 40 times in a busy hour; 30 at least
--
-- Locks: ACCESS SHARE. Cost: the rows of the window, and the cells of 28 days where
-- anybody reaches the floor.
CREATE OR REPLACE FUNCTION activity_sql.detect_mass_edit(
    p_action           text,
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
    v_from  timestamptz := activity_sql.window_start(p_hours, p_as_of);
    v_floor integer := CASE p_action WHEN 'delete' THEN 30 ELSE 60 END;
BEGIN
    RETURN QUERY
    WITH judged AS MATERIALIZED (
        SELECT
            seen.hour_end,
            seen.user_id::text AS subject,
            count(*)::integer AS observed,
            sum(seen.request)::integer AS requests,
            count(DISTINCT seen.collection)::integer AS collections,
            max(seen."timestamp") AS last_seen
        FROM activity_sql.judged_requests(
            p_hours, p_as_of, p_actions => ARRAY[p_action]
        ) AS seen
        WHERE seen.user_id IS NOT NULL
        GROUP BY 1, 2
        HAVING CASE p_action WHEN 'delete' THEN count(*) ELSE sum(seen.request) END >= v_floor
    ),
    past AS MATERIALIZED (
        SELECT history.subject, history.hours, history.counts
        FROM (
            SELECT
                coalesce(array_agg(one.subject), '{}') AS subjects,
                coalesce(array_agg(one.observed), '{}') AS observed
            FROM (
                SELECT
                    judged.subject,
                    max(CASE p_action
                        WHEN 'delete' THEN judged.observed ELSE judged.requests
                    END) AS observed
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
            p_actions => ARRAY[p_action]
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
            activity_sql.peak_deviation(judged.observed, usual.expected) AS score,
            CASE
                WHEN p_action = 'delete' THEN 100
                ELSE activity_sql.peak_deviation(judged.requests, usual.expected)
            END AS score_of_requests
        FROM judged
        LEFT JOIN past ON past.subject = judged.subject
        CROSS JOIN LATERAL activity_sql.judge_hour(
            judged.observed,
            CASE p_action WHEN 'delete' THEN judged.observed ELSE judged.requests END,
            judged.hour_end,
            past.hours,
            past.counts,
            v_floor / 2,
            v_floor / 2,
            p_stddev_threshold
        ) AS usual
    )
    SELECT
        found.last_seen,
        'mass_' || p_action,
        'user',
        found.subject,
        found.observed::double precision,
        found.expected,
        found.score,
        activity_sql.anomaly_severity(least(found.score, found.score_of_requests)),
        activity_sql.anomaly_reasons(
            p_action || 's in an hour',
            found.baseline,
            found.sample_size,
            found.hour_end - interval '1 hour',
            greatest(found.hour_end, found.last_seen + interval '1 microsecond'),
            format('p_user => %L, p_action => %L', found.subject, p_action),
            p_notes => jsonb_build_object(
                'requests', found.requests,
                'collections', found.collections
            )
        )
    FROM scored AS found
    WHERE found.score >= p_stddev_threshold;
END;
$function$;

COMMENT ON FUNCTION activity_sql.detect_mass_edit(
    text, integer, double precision, timestamptz
) IS
    'The detectors mass_delete and mass_update in one: p_action is delete or update. Not ordered.';

REVOKE ALL ON FUNCTION activity_sql.detect_mass_edit(text, integer, double precision, timestamptz)
    FROM PUBLIC;
