-- Users who updated far more in an hour than they used to.
--
-- Locks: ACCESS SHARE. Cost: see activity_sql.detect_mass_edit.
CREATE OR REPLACE FUNCTION activity_sql.detect_mass_update(
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
    FROM activity_sql.detect_mass_edit('update', p_hours, p_stddev_threshold, p_as_of) AS found;
END;
$function$;

COMMENT ON FUNCTION activity_sql.detect_mass_update(integer, double precision, timestamptz) IS
    'mass_update. Sees: a user who updated at least 60 items in an hour, and far more than in 95 '
    'of 100 of their own hours with updates: a script, a defaced site. Thresholds: 30 are '
    'expected at least, so it begins at 66 updates. Known false alarms: a migration by a script '
    'that sends one request an item. A batch in few requests is of low severity. Quiet it: leave '
    'service accounts out (activity_sql.configure, p_excluded_users).';

REVOKE ALL ON FUNCTION activity_sql.detect_mass_update(integer, double precision, timestamptz)
    FROM PUBLIC;
