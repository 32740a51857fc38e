-- Busy addresses and anomalies of the last p_hours hours as one list, the gravest first.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT.
-- Cost: that of get_suspicious_activity and detect_activity_anomalies.
CREATE OR REPLACE FUNCTION {{ directus }}.get_security_alerts(
    p_hours     integer     DEFAULT 1,
    p_threshold integer     DEFAULT 100,
    p_as_of     timestamptz DEFAULT NULL
)
    RETURNS TABLE (
        alert_type   text,
        severity     text,
        subject_type text,
        subject      text,
        ip           varchar(50),
        action_count bigint,
        risk_level   text,
        detected_at  timestamptz,
        details      jsonb
    )
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET jit = off
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT
        alert.alert_type,
        alert.severity,
        alert.subject_type,
        alert.subject,
        alert.ip,
        alert.action_count,
        alert.severity,
        alert.detected_at,
        alert.details
    FROM (
        SELECT
            'EXCESSIVE_REQUESTS' AS alert_type,
            address.risk_level AS severity,
            'ip' AS subject_type,
            address.ip::text AS subject,
            address.ip,
            address.action_count,
            address.last_seen AS detected_at,
            jsonb_build_object(
                'threshold', p_threshold,
                'distinct_collections', address.distinct_collections,
                'distinct_actions', address.distinct_actions,
                'unique_users', address.unique_users,
                'risk_reasons', address.risk_reasons
            ) AS details
        FROM {{ directus }}.get_suspicious_activity(p_hours, p_threshold, p_as_of) AS address
        UNION ALL
        SELECT
            anomaly.detector,
            anomaly.severity,
            anomaly.subject_type,
            anomaly.subject,
            CASE WHEN anomaly.subject_type = 'ip' THEN anomaly.subject END::varchar(50),
            anomaly.observed::bigint,
            anomaly.detected_at,
            jsonb_build_object(
                'observed', anomaly.observed::numeric,
                'expected', round(anomaly.expected::numeric, 2),
                'score', round(anomaly.score::numeric, 2),
                'reasons', anomaly.reasons
            )
        FROM {{ directus }}.detect_activity_anomalies(p_hours, 3.0, p_as_of) AS anomaly
    ) AS alert
    ORDER BY
        array_position('{critical,high,medium,low}'::text[], alert.severity),
        alert.action_count DESC,
        alert.alert_type COLLATE "C",
        alert.subject COLLATE "C",
        alert.detected_at;
END;
$function$;

COMMENT ON FUNCTION {{ directus }}.get_security_alerts(integer, integer, timestamptz) IS
    'What get_suspicious_activity (alert_type EXCESSIVE_REQUESTS: addresses with at least '
    'p_threshold actions) and detect_activity_anomalies (alert_type is the detector''s name) say of '
    'the last p_hours hours, by severity, then action_count descending. With p_as_of the window is '
    '[p_as_of - p_hours, p_as_of), without it everything since now() - p_hours. risk_level is the '
    'severity: of an address that of its activity_score, of an anomaly that of its score. '
    'action_count: of an anomaly what was observed. ip: where the subject is an address. details: '
    'what else is known, with the reasons. Raises invalid_parameter_value for an argument out of '
    'range.';

REVOKE ALL ON FUNCTION {{ directus }}.get_security_alerts(integer, integer, timestamptz)
    FROM PUBLIC;
