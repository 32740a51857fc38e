-- Which detectors are blind, and why; what nobody can detect from this table as well.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT.
-- Cost: the rows of the last hours, and 28 days of hours.
CREATE OR REPLACE FUNCTION {{ directus }}.detection_coverage()
    RETURNS TABLE (detector text, active boolean, reason text)
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    v_hour      timestamptz := activity_sql.hour_of(now());
    v_since     timestamptz;
    v_history   integer;
    v_rows_gone boolean;
    v_addresses bigint;
    v_users     bigint;
    v_networks  bigint;
    v_left_out  text;
BEGIN
    -- History is what was folded, and what is there and not folded yet.
    SELECT least(
        (
            SELECT min(hourly.hour)
            FROM activity_sql.activity_hour AS hourly
            WHERE hourly.hour >= v_hour - interval '30 days'
        ),
        (
            SELECT min(activity_sql.hour_of(activity."timestamp"))
            FROM {{ directus }}.directus_activity AS activity
            WHERE activity."timestamp" >= v_hour - interval '30 days'
        )
    )
    INTO v_since;
    v_history := coalesce(extract(epoch FROM v_hour - v_since)::integer / 86400, 0);
    v_rows_gone := activity_sql.readable_source(
        v_hour - interval '1 hour', v_hour + interval '1 hour'
    ) IS NULL;
    SELECT
        count(activity."user"),
        count(activity.ip),
        count(DISTINCT activity_sql.network_of(activity.ip))
    INTO v_users, v_addresses, v_networks
    FROM (
        SELECT recent."user", recent.ip
        FROM {{ directus }}.directus_activity AS recent
        WHERE recent."timestamp" >= v_hour - interval '168 hours'
        ORDER BY recent.id DESC
        LIMIT 10000
    ) AS activity;
    SELECT
        CASE
            WHEN mark.excluded_actions <> '{}' OR mark.excluded_users <> '{}' THEN format(
                'left out by the settings: actions %s, %s users',
                coalesce(nullif(array_to_string(mark.excluded_actions, ', '), ''), 'none'),
                cardinality(mark.excluded_users)
            )
        END
    INTO v_left_out
    FROM activity_sql.watermark AS mark;

    RETURN QUERY
    SELECT
        known.detector,
        known.blind IS NULL,
        coalesce(
            known.blind,
            concat_ws(
                '; ',
                CASE
                    WHEN v_history < 28 AND known.learns
                        THEN format('%s days of history, 28 are used', v_history)
                END,
                v_left_out,
                CASE
                    WHEN known.by = 'ip' AND v_networks = 1
                        THEN 'all rows come from one network: set IP_TRUST_PROXY in Directus'
                END
            )
        )
    FROM (
        SELECT
            one.detector,
            one.by,
            one.learns,
            CASE
                WHEN one.never IS NOT NULL THEN one.never
                WHEN v_rows_gone THEN 'rows of the last two hours were deleted'
                WHEN v_history < 7 AND one.learns
                    THEN format('%s days of history, 7 are needed: it only knows its floors',
                        v_history)
                WHEN one.by IN ('user', 'both') AND v_users = 0
                    THEN 'no row of the last 7 days has a user'
                WHEN one.by IN ('ip', 'both') AND v_addresses = 0
                    THEN 'no row of the last 7 days has an address'
                WHEN one.by = 'both' AND v_networks = 1
                    THEN 'all rows come from one network: set IP_TRUST_PROXY in Directus'
            END AS blind
        FROM (
            VALUES
                ('admin_writes', 'user', true, NULL),
                ('burst', 'user', true, NULL),
                ('many_networks', 'both', true, NULL),
                ('many_users', 'both', true, NULL),
                ('mass_delete', 'user', true, NULL),
                ('mass_update', 'user', true, NULL),
                ('volume_by_action', 'action', true, NULL),
                ('volume_by_collection', 'collection', true, NULL),
                ('volume_by_ip', 'ip', true, NULL),
                ('volume_by_user', 'user', true, NULL),
                ('failed_logins', 'ip', false, 'Directus does not write failed logins here'),
                ('reads', 'user', false, 'Directus does not write reads here'),
                ('database_writes', 'user', false,
                    'what is written past Directus leaves no row here')
        ) AS one (detector, by, learns, never)
    ) AS known
    ORDER BY known.detector COLLATE "C";
END;
$function$;

COMMENT ON FUNCTION {{ directus }}.detection_coverage() IS
    'Per detector of detect_activity_anomalies whether it can see anything now, and the reason why '
    'not; where it is active, what limits it (history shorter than 28 days, what the settings leave '
    'out, all rows from one network), else an empty text. failed_logins, reads and database_writes '
    'are never active: Directus writes no row of them. By detector.';

REVOKE ALL ON FUNCTION {{ directus }}.detection_coverage() FROM PUBLIC;
