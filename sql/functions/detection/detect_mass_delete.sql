-- Users who deleted far more in an hour than they used to.
--
-- Locks: ACCESS SHARE. Cost: see activity_sql.detect_mass_edit.
CREATE OR REPLACE FUNCTION activity_sql.detect_mass_delete(
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
    FROM activity_sql.detect_mass_edit('delete', p_hours, p_stddev_threshold, p_as_of) AS found;
END;
$function$;

COMMENT ON FUNCTION activity_sql.detect_mass_delete(integer, double precision, timestamptz) IS
    'mass_delete. Sees: a user who deleted at least 30 items in an hour, and far more than in 95 '
    'of 100 of their own hours with deletions: a taken account, a wrong filter, somebody who '
    'leaves. Thresholds: 15 are expected at least, so it begins at 33 deletions. Known false '
    'alarms: cleaning up; a batch in one request counts in full, since that is how most is '
    'deleted. Quiet it: leave the account that cleans up out (activity_sql.configure, '
    'p_excluded_users). Rows deleted in the database itself, and by retention, are not in '
    'directus_activity.';

REVOKE ALL ON FUNCTION activity_sql.detect_mass_delete(integer, double precision, timestamptz)
    FROM PUBLIC;
