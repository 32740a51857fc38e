-- Bring the alerts of the last 7 days up to date, hour by hour, and publish them.
--
-- Only hours that are not as they were judged are judged again, the latest first and a day
-- of hours at a time: a first run on a large table must not hold up the folds.
--
-- Locks: those of the rows it writes. Cost: that of alerts_of_hour per changed hour.
CREATE OR REPLACE FUNCTION activity_sql.publish_alerts()
    RETURNS bigint
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET jit = off
AS $function$
DECLARE
    v_since   timestamptz := activity_sql.hour_of(now()) - interval '168 hours';
    v_hours   timestamptz[];
    v_found   timestamptz;
    v_written bigint;
BEGIN
    SELECT array_agg(changed.hour)
    INTO v_hours
    FROM (
        SELECT published.hour
        FROM activity_sql.published_hour AS published
        WHERE published.hour >= v_since
            AND published.hour <= now()
            AND published.alerts_fingerprint IS DISTINCT FROM published.fingerprint
        ORDER BY published.hour DESC
        LIMIT 24
    ) AS changed;
    DELETE FROM activity_sql.alert AS alert
    WHERE alert.hour < v_since
        OR NOT EXISTS (
            SELECT FROM activity_sql.published_hour AS published WHERE published.hour = alert.hour
        );

    FOREACH v_found IN ARRAY coalesce(v_hours, '{}') LOOP
        WITH fresh AS MATERIALIZED (
            SELECT
                found.alert_type,
                found.severity,
                found.subject_type,
                found.subject,
                found.ip,
                found.action_count,
                found.risk_level,
                found.detected_at,
                found.details
            FROM activity_sql.alerts_of_hour(v_found) AS found
        ),
        gone AS (
            DELETE FROM activity_sql.alert AS alert
            WHERE alert.hour = v_found
                AND NOT EXISTS (
                    SELECT
                    FROM fresh
                    WHERE fresh.alert_type = alert.alert_type
                        AND fresh.subject_type = alert.subject_type
                        AND fresh.subject = alert.subject
                )
        )
        INSERT INTO activity_sql.alert AS alert (
            hour,
            alert_type,
            severity,
            subject_type,
            subject,
            ip,
            action_count,
            risk_level,
            detected_at,
            details
        )
        SELECT
            v_found,
            fresh.alert_type,
            fresh.severity,
            fresh.subject_type,
            fresh.subject,
            fresh.ip,
            fresh.action_count,
            fresh.risk_level,
            fresh.detected_at,
            fresh.details
        FROM fresh
        ON CONFLICT (hour, alert_type, subject_type, subject) DO UPDATE SET
            severity = EXCLUDED.severity,
            ip = EXCLUDED.ip,
            action_count = EXCLUDED.action_count,
            risk_level = EXCLUDED.risk_level,
            detected_at = EXCLUDED.detected_at,
            details = EXCLUDED.details;
    END LOOP;
    UPDATE activity_sql.published_hour AS published
    SET alerts_fingerprint = published.fingerprint
    WHERE published.hour = ANY (v_hours);

    WITH fresh AS MATERIALIZED (
        SELECT
            alert.id,
            alert.detected_at,
            alert.alert_type,
            alert.severity,
            alert.subject_type,
            CASE
                WHEN alert.subject_type = 'ip' THEN activity_sql.shown_address(alert.subject)
                WHEN alert.subject_type = 'user'
                    THEN coalesce(person.name, 'User ' || left(alert.subject, 8))
                ELSE alert.subject
            END AS subject,
            activity_sql.shown_address(alert.ip) AS ip,
            alert.action_count,
            alert.risk_level,
            activity_sql.alert_words(alert.action_count, alert.details) AS reason
        FROM activity_sql.alert AS alert
        LEFT JOIN {{ directus }}.activity_sql_users AS person
            ON alert.subject_type = 'user' AND person.id::text = alert.subject
    ),
    gone AS (
        DELETE FROM {{ directus }}.activity_sql_alerts AS published
        WHERE NOT EXISTS (SELECT FROM fresh WHERE fresh.id = published.id)
        RETURNING 1
    ),
    written AS (
        INSERT INTO {{ directus }}.activity_sql_alerts AS published (
            id,
            detected_at,
            alert_type,
            severity,
            subject_type,
            subject,
            ip,
            action_count,
            risk_level,
            reason
        )
        SELECT
            fresh.id,
            fresh.detected_at,
            fresh.alert_type,
            fresh.severity,
            fresh.subject_type,
            left(fresh.subject, 255),
            fresh.ip,
            fresh.action_count,
            fresh.risk_level,
            fresh.reason
        FROM fresh
        ON CONFLICT (id) DO UPDATE SET
            detected_at = EXCLUDED.detected_at,
            severity = EXCLUDED.severity,
            subject = EXCLUDED.subject,
            ip = EXCLUDED.ip,
            action_count = EXCLUDED.action_count,
            risk_level = EXCLUDED.risk_level,
            reason = EXCLUDED.reason
        WHERE published IS DISTINCT FROM EXCLUDED
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM written)
    INTO v_written;
    RETURN v_written;
END;
$function$;

COMMENT ON FUNCTION activity_sql.publish_alerts() IS
    'Judges the published hours of the last 7 days that changed, at most 24 of them, brings '
    'activity_sql_alerts up to date, and returns how many rows of it that wrote.';

REVOKE ALL ON FUNCTION activity_sql.publish_alerts() FROM PUBLIC;
