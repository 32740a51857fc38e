-- What was unusual in the last p_hours hours, by all detectors, the most unusual first.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT.
-- Cost: the rows of the window, and who acted in the hours of 28 days before it.
CREATE OR REPLACE FUNCTION {{ directus }}.detect_activity_anomalies(
    p_hours            integer     DEFAULT 1,
    p_stddev_threshold numeric     DEFAULT 3.0,
    p_as_of            timestamptz DEFAULT NULL
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
    v_threshold double precision := p_stddev_threshold;
BEGIN
    PERFORM activity_sql.require_between('p_hours', p_hours, 1, 876000,
        'Pass the window in whole hours, for example 1.');
    IF p_stddev_threshold IS NULL
        OR NOT (p_stddev_threshold > 0 AND p_stddev_threshold <= 100)
    THEN
        RAISE EXCEPTION 'p_stddev_threshold must be over 0 and at most 100, got %',
            coalesce(p_stddev_threshold::text, 'NULL')
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Pass standard deviations, for example 3.';
    END IF;

    RETURN QUERY
    SELECT
        found.detected_at,
        found.detector,
        found.subject_type,
        found.subject,
        found.observed,
        found.expected,
        found.score,
        found.severity,
        found.reasons
    FROM (
{%- for detector in [
    "admin_writes", "burst", "many_networks", "many_users", "mass_delete", "mass_update",
] %}
        SELECT
            one.detected_at,
            one.detector,
            one.subject_type,
            one.subject,
            one.observed,
            one.expected,
            one.score,
            one.severity,
            one.reasons
        FROM activity_sql.{{ ("detect_" ~ detector) | ident }}(
            p_hours, v_threshold, p_as_of
        ) AS one
        UNION ALL
{%- endfor %}
        SELECT
            one.detected_at,
            one.detector,
            one.subject_type,
            one.subject,
            one.observed,
            one.expected,
            one.score,
            one.severity,
            one.reasons
        FROM activity_sql.detect_volume(
            ARRAY['collection', 'action', 'user', 'ip'], p_hours, v_threshold, p_as_of
        ) AS one
    ) AS found
    ORDER BY
        found.score DESC,
        found.detector COLLATE "C",
        found.subject COLLATE "C",
        found.detected_at;
END;
$function$;

COMMENT ON FUNCTION {{ directus }}.detect_activity_anomalies(integer, numeric, timestamptz) IS
    'What was unusual in the last p_hours hours, each hour judged from the 28 days before it, by '
    'score descending. With p_as_of the window is [p_as_of - p_hours, p_as_of), without it '
    'everything since now() - p_hours; hours are counted back from its end. detected_at: the last '
    'row that was counted. detector: volume_by_collection, volume_by_action, volume_by_user, '
    'volume_by_ip, burst, mass_delete, mass_update, many_networks, many_users or admin_writes. '
    'subject_type: "collection", "action", "user" or "ip". expected: what 95 of 100 of the '
    'subject''s active hours do not exceed. score, at least p_stddev_threshold: what a tail as '
    'likely is in standard deviations (activity_sql.peak_deviation). severity: low below 3.5, medium from '
    'there, high from 5, critical from 7; at most low what a few requests explain, and what is '
    'about an address that the settings know. reasons: unit, baseline, sample_size, rows (the '
    'statement that shows what was counted), and what a detector adds. Raises '
    'invalid_parameter_value for an argument out of range.';

REVOKE ALL ON FUNCTION {{ directus }}.detect_activity_anomalies(integer, numeric, timestamptz)
    FROM PUBLIC;
