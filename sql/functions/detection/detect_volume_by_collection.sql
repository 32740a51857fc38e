-- Hours in which a collection changed far more than it used to.
--
-- Locks: ACCESS SHARE. Cost: see activity_sql.detect_volume.
CREATE OR REPLACE FUNCTION activity_sql.detect_volume_by_collection(
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
        ARRAY['collection'], p_hours, p_stddev_threshold, p_as_of
    ) AS found;
END;
$function$;

COMMENT ON FUNCTION activity_sql.detect_volume_by_collection(
    integer, double precision, timestamptz
) IS
    'volume_by_collection. Sees: a collection with at least 20 rows in an hour and far more than '
    'in 95 of 100 of its own active hours: a script, a mass edit spread over users, a flood '
    'through a public form. Thresholds: the common ones of activity_sql.detect_volume: 10 rows '
    'are expected at least, 40 of a collection with fewer than 20 active hours in 28 days. Known '
    'false alarms: the launch of a section, a translation round, an import that was made request '
    'by request. Quiet it: leave service accounts out (activity_sql.configure, '
    'p_excluded_users), or raise p_stddev_threshold; what comes back daily at the same time '
    'quiets itself within days. An import or a deploy in a few requests is of low severity.';

REVOKE ALL ON FUNCTION activity_sql.detect_volume_by_collection(
    integer, double precision, timestamptz
) FROM PUBLIC;
