-- Hours in which a user did far more than they used to.
--
-- Locks: ACCESS SHARE. Cost: see activity_sql.detect_volume.
CREATE OR REPLACE FUNCTION activity_sql.detect_volume_by_user(
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
AS $function$
#variable_conflict use_column
BEGIN
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
    FROM activity_sql.detect_volume(
        ARRAY['user'], p_hours, p_stddev_threshold, p_as_of
    ) AS found;
END;
$function$;

COMMENT ON FUNCTION activity_sql.detect_volume_by_user(integer, double precision, timestamptz) IS
    'volume_by_user. Sees: a user with at least 20 rows in an hour and far more than in 95 of '
    '100 of their own active hours: a token in a script, a taken account. Thresholds: 10 rows '
    'are expected at least, 40 of a user with fewer than 20 active hours in 28 days. Known false '
    'alarms: the first big day of a new editor; a migration by a script that sends one request '
    'an item. Quiet it: leave service accounts out (activity_sql.configure, p_excluded_users), '
    'or raise p_stddev_threshold. An import in a few requests is of low severity. Rows without a '
    'user are nobody''s.';

REVOKE ALL ON FUNCTION activity_sql.detect_volume_by_user(integer, double precision, timestamptz)
    FROM PUBLIC;
