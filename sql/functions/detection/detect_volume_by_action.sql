-- Hours in which an action was far more frequent than it used to be.
--
-- Locks: ACCESS SHARE. Cost: see activity_sql.detect_volume.
CREATE OR REPLACE FUNCTION activity_sql.detect_volume_by_action(
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
        ARRAY['action'], p_hours, p_stddev_threshold, p_as_of
    ) AS found;
END;
$function$;

COMMENT ON FUNCTION activity_sql.detect_volume_by_action(integer, double precision, timestamptz) IS
    'volume_by_action. Sees: an action, such as login, delete or run, with at least 20 rows in '
    'an hour and far more than in 95 of 100 of its own active hours, whoever did it: logins by a '
    'list of stolen passwords that work, a flow in a loop. Thresholds: 10 rows are expected at '
    'least, 40 of an action with fewer than 20 active hours in 28 days. Known false alarms: '
    'everybody logging in again after a release; a flow that was set to run more often, for half '
    'a day. Quiet it: exclude the action (activity_sql.configure, p_excluded_actions => '
    '''{run}''), or raise p_stddev_threshold. Failed logins are not in directus_activity: it '
    'does not see them.';

REVOKE ALL ON FUNCTION activity_sql.detect_volume_by_action(integer, double precision, timestamptz)
    FROM PUBLIC;
