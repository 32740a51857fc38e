-- Addresses with many accounts within half an hour.
--
-- Locks: ACCESS SHARE. Cost: see activity_sql.detect_spread.
CREATE OR REPLACE FUNCTION activity_sql.detect_many_users(
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
    FROM activity_sql.detect_spread('ip', p_hours, p_stddev_threshold, p_as_of) AS found;
END;
$function$;

COMMENT ON FUNCTION activity_sql.detect_many_users(integer, double precision, timestamptz) IS
    'many_users. Sees: one address with at least three accounts within half an hour, and far '
    'more than in 95 of 100 of its own active hours: a list of stolen passwords that is tried, '
    'one person with many accounts. Thresholds: one account is expected at least, so three score '
    '3.6. Known false alarms: an office or a training at an address that was not seen before. '
    'Quiet it: say which addresses are offices, VPNs or proxies (activity_sql.configure, '
    'p_proxy_addresses) or trusted (p_trusted_addresses): then it is of low severity, and '
    'reasons has the standing. Accounts whose login failed are not in directus_activity. It '
    'reads rows: where these are gone, it sees nothing.';

REVOKE ALL ON FUNCTION activity_sql.detect_many_users(integer, double precision, timestamptz)
    FROM PUBLIC;
