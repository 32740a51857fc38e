-- What was to be expected at most in an hour of a subject, and how far above that it is.
--
-- The baseline is the 28 days before the hour. Of its active hours near the same time of day,
-- one before to one after, the 95th percentile; where these are fewer than 20, that of all its
-- active hours. Where they are fewer than 20 as well, at least p_newcomer: nothing is known
-- then. A percentile and no mean: an incident, or an import a week, moves it little.
--
-- A weekly job or a new level is not among these. So an hour that stands out by its requests,
-- though at least two before it reached half as much, pays for activity_sql.score_series over
-- the whole series; where that expects more, its expectation counts.
--
-- Locks: none. Cost: one pass over the hours, and activity_sql.score_series where the
-- series is asked.
CREATE OR REPLACE FUNCTION activity_sql.judge_hour(
    p_observed  double precision,
    p_requests  double precision,
    p_hour_end  timestamptz,
    p_hours     timestamptz[],
    p_counts    integer[],
    p_least     double precision,
    p_newcomer  double precision,
    p_threshold double precision
)
    RETURNS TABLE (expected double precision, baseline text, sample_size integer)
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
AS $function$
#variable_conflict use_column
DECLARE
    v_start    timestamptz := p_hour_end - interval '1 hour';
    v_second   double precision := extract(epoch FROM v_start);
    v_hours    timestamptz[];
    v_counts   double precision[];
    v_near     integer;
    v_usual    double precision;
    v_at_time  double precision;
    v_halves   integer;
    v_seasonal double precision;
BEGIN
    SELECT
        count(*),
        percentile_disc(0.95) WITHIN GROUP (ORDER BY past.actions),
        count(*) FILTER (WHERE past.is_near),
        percentile_disc(0.95) WITHIN GROUP (ORDER BY past.actions) FILTER (WHERE past.is_near),
        count(*) FILTER (WHERE past.actions >= p_observed / 2)
    INTO sample_size, v_usual, v_near, v_at_time, v_halves
    FROM (
        SELECT
            known.actions,
            -- Seconds after midnight, less those of the judged hour, round the clock.
            abs(mod((extract(epoch FROM known.hour)::bigint
                - floor(v_second / 3600)::bigint * 3600), 86400)) IN (0, 3600, 82800) AS is_near
        FROM unnest(p_hours, p_counts) AS known (hour, actions)
        WHERE known.hour >= v_start - interval '672 hours'
            AND known.hour <= v_start - interval '1 hour'
    ) AS past;

    IF v_near >= 20 THEN
        baseline := 'active hours near this time of day';
        sample_size := v_near;
        expected := greatest(v_at_time, p_least);
    ELSIF sample_size >= 20 THEN
        baseline := 'active hours';
        expected := greatest(v_usual, p_least);
    ELSE
        baseline := 'active hours, too few to know';
        expected := greatest(v_usual, p_newcomer);
    END IF;

    IF v_halves >= 2 AND activity_sql.peak_deviation(p_requests, expected) >= p_threshold THEN
        SELECT
            array_agg(point.hour ORDER BY point.hour),
            array_agg(coalesce(known.actions, 0)::double precision ORDER BY point.hour)
        INTO v_hours, v_counts
        FROM generate_series(
            (
                SELECT min(known.hour)
                FROM unnest(p_hours) AS known (hour)
                WHERE known.hour >= v_start - interval '672 hours'
            ),
            v_start - interval '1 hour',
            interval '1 hour'
        ) AS point (hour)
        LEFT JOIN unnest(p_hours, p_counts) AS known (hour, actions) ON known.hour = point.hour;
        SELECT point.expected
        INTO v_seasonal
        FROM activity_sql.score_series(v_hours || v_start, v_counts || p_observed) AS point
        ORDER BY point.observed_at DESC
        LIMIT 1;
        IF v_seasonal > expected THEN
            baseline := 'season';
            sample_size := cardinality(v_hours);
            expected := v_seasonal;
        END IF;
    END IF;
    RETURN NEXT;
END;
$function$;

COMMENT ON FUNCTION activity_sql.judge_hour(
    double precision, double precision, timestamptz, timestamptz [], integer [],
    double precision, double precision, double precision
) IS
    'What p_observed in the hour before p_hour_end has to be compared with: the 95th percentile of '
    'the subject''s active hours (p_hours and p_counts, by the clock) that ended in the 28 days '
    'before, near the same time of day where there are 20 of these; at least p_least, or '
    'p_newcomer where it had fewer than 20 active hours at all; or what activity_sql.score_series '
    'expects, where that is more, p_requests scores p_threshold otherwise, and at least two of '
    'these hours had half of p_observed. baseline says which it was, sample_size how many hours are '
    'behind it.';

REVOKE ALL ON FUNCTION activity_sql.judge_hour(
    double precision, double precision, timestamptz, timestamptz [], integer [],
    double precision, double precision, double precision
) FROM PUBLIC;
