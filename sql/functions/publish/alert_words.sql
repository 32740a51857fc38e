-- Why there is an alert, in a sentence for people.
--
-- Locks: none. Cost: microseconds.
CREATE OR REPLACE FUNCTION activity_sql.alert_words(p_action_count bigint, p_details jsonb)
    RETURNS text
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_count   text := to_char(p_action_count, 'FM999,999,999,990');
    v_reasons jsonb := p_details -> 'reasons';
BEGIN
    IF v_reasons IS NULL THEN
        RETURN format(
            '%s actions in an hour: %s',
            v_count,
            activity_sql.reason_of(p_details -> 'risk_reasons')
        );
    END IF;
    RETURN format(
        '%s %s (usual ≤ %s, by %s)',
        v_count,
        split_part(v_reasons ->> 'unit', ';', 1),
        to_char((p_details ->> 'expected')::numeric, 'FM999,999,999,990'),
        v_reasons ->> 'baseline'
    );
END;
$function$;

COMMENT ON FUNCTION activity_sql.alert_words(bigint, jsonb) IS
    'The details of an alert of get_security_alerts in words: "1,200 rows in an hour (usual ≤ 40, '
    'by active hours near this time of day)"; for EXCESSIVE_REQUESTS the count, and '
    'activity_sql.reason_of its risk_reasons.';

REVOKE ALL ON FUNCTION activity_sql.alert_words(bigint, jsonb) FROM PUBLIC;
