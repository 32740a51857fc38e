-- What is alarming about one UTC hour: the one place that says where published alerts
-- come from.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT. Cost: that of
-- get_security_alerts for an hour.
CREATE OR REPLACE FUNCTION activity_sql.alerts_of_hour(p_hour timestamptz)
    RETURNS TABLE (
        alert_type   text,
        severity     text,
        subject_type text,
        subject      text,
        ip           text,
        action_count bigint,
        risk_level   text,
        detected_at  timestamptz,
        details      jsonb
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
        found.alert_type,
        found.severity,
        found.subject_type,
        found.subject,
        found.ip::text,
        found.action_count,
        found.risk_level,
        found.detected_at,
        found.details
    FROM {{ directus }}.get_security_alerts(1, 100, p_hour + interval '1 hour') AS found
    WHERE found.ip IS NULL OR activity_sql.address_standing(found.ip) IS DISTINCT FROM 'trusted';
END;
$function$;

COMMENT ON FUNCTION activity_sql.alerts_of_hour(timestamptz) IS
    'The alerts of the hour that begins at p_hour, as get_security_alerts has them, but for those '
    'about trusted addresses.';

REVOKE ALL ON FUNCTION activity_sql.alerts_of_hour(timestamptz) FROM PUBLIC;
