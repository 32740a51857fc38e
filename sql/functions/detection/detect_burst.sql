-- Users who did as much in a minute as in a busy hour of theirs.
--
-- Requests are counted, not rows: a batch is one. Nobody keeps minutes, so half of what the
-- user's busy hours hold is the most that is expected of one.
--
--   constant        why
--   20 a minute     a request in three seconds, the least that is expected at most; so it
--                   begins at 44
--
-- Locks: ACCESS SHARE. Cost: the rows of the window, and who acted in the hours of
-- 28 days where anybody reaches the floor.
CREATE OR REPLACE FUNCTION activity_sql.detect_burst(
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
    v_from  timestamptz := activity_sql.window_start(p_hours, p_as_of);
    v_users uuid[];
BEGIN
    -- Who has that many rows within two minutes of the clock, if anybody.
    v_users := ARRAY(
        SELECT DISTINCT near.user_id
        FROM (
            SELECT
                busy.user_id,
                sum(busy.rows) OVER (
                    PARTITION BY busy.user_id
                    ORDER BY busy.minute
                    RANGE BETWEEN interval '1 minute' PRECEDING AND CURRENT ROW
                ) AS rows
            FROM (
                SELECT
                    seen.user_id,
                    date_bin('1 minute', seen."timestamp", '2000-01-01 00:00:00+00') AS minute,
                    count(*) AS rows
                FROM activity_sql.judged_rows(p_hours, p_as_of, interval '1 minute') AS seen
                WHERE seen.user_id IS NOT NULL
                GROUP BY 1, 2
            ) AS busy
        ) AS near
        WHERE near.rows >= 44
    );
    IF v_users = '{}' THEN
        RETURN;
    END IF;

    RETURN QUERY
    WITH minutes AS (
        SELECT
            seen.hour_end,
            seen.user_id::text AS subject,
            seen."timestamp" AS last_seen,
            sum(seen.request) OVER last_minute AS observed
        FROM activity_sql.judged_requests(
            p_hours, p_as_of, interval '1 minute', p_users => v_users
        ) AS seen
        WHERE seen.request = 1
        WINDOW last_minute AS (
            PARTITION BY seen.user_id
            ORDER BY seen."timestamp"
            RANGE BETWEEN interval '1 minute' PRECEDING AND CURRENT ROW
        )
    ),
    judged AS MATERIALIZED (
        SELECT DISTINCT ON (minute.hour_end, minute.subject)
            minute.hour_end,
            minute.subject,
            minute.last_seen,
            minute.observed
        FROM minutes AS minute
        WHERE minute.observed >= 44 AND minute.hour_end > v_from
        ORDER BY minute.hour_end, minute.subject, minute.observed DESC, minute.last_seen
    ),
    past AS MATERIALIZED (
        SELECT history.subject, history.hours, history.counts
        FROM (
            SELECT
                coalesce(array_agg(one.subject), '{}') AS subjects,
                coalesce(array_agg(one.observed), '{}') AS observed
            FROM (
                SELECT judged.subject, max(judged.observed * 2)::integer AS observed
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
            v_from - interval '1 minute',
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
            usual.expected / 2 AS expected,
            activity_sql.peak_deviation(judged.observed, usual.expected / 2) AS score
        FROM judged
        LEFT JOIN past ON past.subject = judged.subject
        CROSS JOIN LATERAL activity_sql.judge_hour(
            judged.observed * 2,
            judged.observed * 2,
            -- So that the minute is not in its own baseline.
            judged.hour_end - interval '1 minute',
            past.hours,
            past.counts,
            40,
            40,
            p_stddev_threshold
        ) AS usual
    )
    SELECT
        found.last_seen,
        'burst',
        'user',
        found.subject,
        found.observed::double precision,
        found.expected,
        found.score,
        activity_sql.anomaly_severity(found.score),
        activity_sql.anomaly_reasons(
            'requests in a minute; half an hour''s rows are expected at most',
            found.baseline,
            found.sample_size,
            found.last_seen - interval '1 minute',
            found.last_seen + interval '1 microsecond',
            format('p_user => %L', found.subject)
        )
    FROM scored AS found
    WHERE found.score >= p_stddev_threshold;
END;
$function$;

COMMENT ON FUNCTION activity_sql.detect_burst(integer, double precision, timestamptz) IS
    'burst. Sees: a user with at least 44 requests within a minute, and far more than half of '
    'what 95 of 100 of their own active hours hold: a script that runs through within the hour. '
    'Thresholds: 20 requests are expected at least. A run of ten or more rows of one user, '
    'address, collection and action at most 100 ms apart is one request. Known false alarms: a '
    'script that sends one request an item. Quiet it: leave service accounts out '
    '(activity_sql.configure, p_excluded_users). It reads rows: where these are gone, it sees '
    'nothing.';

REVOKE ALL ON FUNCTION activity_sql.detect_burst(integer, double precision, timestamptz)
    FROM PUBLIC;
