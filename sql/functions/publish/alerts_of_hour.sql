-- What is alarming about one UTC hour: the one place that says where published alerts
-- come from.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT. Cost: grows with the addresses
-- of the hour.
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
        'EXCESSIVE_REQUESTS',
        suspect.risk_level,
        'ip',
        suspect.ip::text,
        suspect.ip::text,
        suspect.action_count,
        suspect.risk_level,
        suspect.last_seen,
        suspect.risk_reasons
    FROM {{ directus }}.get_suspicious_activity(1, 100, p_hour + interval '1 hour') AS suspect
    WHERE activity_sql.address_standing(suspect.ip) IS DISTINCT FROM 'trusted';
END;
$function$;

COMMENT ON FUNCTION activity_sql.alerts_of_hour(timestamptz) IS
    'The alerts of the hour that begins at p_hour: addresses with at least 100 actions in it, but '
    'for trusted ones, each with its risk_level as severity.';

REVOKE ALL ON FUNCTION activity_sql.alerts_of_hour(timestamptz) FROM PUBLIC;
