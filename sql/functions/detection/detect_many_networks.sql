-- Accounts used from many networks within half an hour.
--
-- Locks: ACCESS SHARE. Cost: see activity_sql.detect_spread.
CREATE OR REPLACE FUNCTION activity_sql.detect_many_networks(
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
    FROM activity_sql.detect_spread('user', p_hours, p_stddev_threshold, p_as_of) AS found;
END;
$function$;

COMMENT ON FUNCTION activity_sql.detect_many_networks(integer, double precision, timestamptz) IS
    'many_networks. Sees: one account used from at least three networks (a /24 of IPv4, a /48 of '
    'IPv6) within half an hour, and far more than in 95 of 100 of its own active hours: a shared '
    'or stolen password or token. Thresholds: one network is expected at least, so three score '
    '3.6. Known false alarms: a phone between networks, a VPN that changes its exit, a service '
    'account on many servers. Quiet it: leave service accounts out (activity_sql.configure, '
    'p_excluded_users); what is usual for an account quiets itself within days. Blind where '
    'addresses are not logged, or where Directus sees its proxy instead of its visitors '
    '(IP_TRUST_PROXY). It reads rows: where these are gone, it sees nothing.';

REVOKE ALL ON FUNCTION activity_sql.detect_many_networks(integer, double precision, timestamptz)
    FROM PUBLIC;
