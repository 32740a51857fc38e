-- Hours in which an address did far more than it used to.
--
-- Locks: ACCESS SHARE. Cost: see activity_sql.detect_volume.
CREATE OR REPLACE FUNCTION activity_sql.detect_volume_by_ip(
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
        ARRAY['ip'], p_hours, p_stddev_threshold, p_as_of
    ) AS found;
END;
$function$;

COMMENT ON FUNCTION activity_sql.detect_volume_by_ip(integer, double precision, timestamptz) IS
    'volume_by_ip. Sees: an address with at least 20 rows in an hour and far more than in 95 of '
    '100 of its own active hours: a script, a flood through a public form, many accounts at '
    'once. Thresholds: 10 rows are expected at least, 40 of an address with fewer than 20 active '
    'hours in 28 days. Known false alarms: a website''s server that passes on a campaign''s '
    'answers; an office where a training is held. Where Directus sees its proxy instead of its '
    'visitors (IP_TRUST_PROXY), all are one address. Quiet it: trust the address, or say that it '
    'is a proxy (activity_sql.configure, p_trusted_addresses, p_proxy_addresses): then it is of '
    'low severity, and reasons has the standing.';

REVOKE ALL ON FUNCTION activity_sql.detect_volume_by_ip(integer, double precision, timestamptz)
    FROM PUBLIC;
