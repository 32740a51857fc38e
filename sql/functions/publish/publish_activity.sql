-- Bring the tables that Directus reads up to date with the rollups.
--
-- All of them in the caller's one transaction, so that nobody sees them half filled; only
-- rows that differ are written. Figures of moving windows and what to know of them are
-- computed when hours changed or five minutes passed; alerts at most every five minutes,
-- but for those that a first run left over.
--
-- Locks: an advisory lock; on Directus's tables ACCESS SHARE, so that no writer waits. Cost:
-- that of the functions whose answers it publishes; milliseconds where nothing changed.
--
-- lint: allow when-others: a failure is reported with its SQLSTATE, and the fold stands
CREATE OR REPLACE FUNCTION activity_sql.publish_activity()
    RETURNS TABLE (said text, failed boolean)
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '1s'
AS $function$
#variable_conflict use_column
DECLARE
    v_last     activity_sql.publication;
    v_settings text;
    v_changed  bigint;
    v_alerts   boolean;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('activity_sql.publish_activity', 0)) THEN
        RETURN;
    END IF;
    SELECT publication.only_one, publication.settings, publication.figures_at, publication.alerts_at
    INTO v_last.only_one, v_last.settings, v_last.figures_at, v_last.alerts_at
    FROM activity_sql.publication AS publication;
    SELECT format(
        '%s %s %s %s %s',
        mark.time_zone,
        setting.mask_addresses,
        setting.publish_names,
        setting.trusted_addresses,
        setting.proxy_addresses
    )
    INTO v_settings
    FROM activity_sql.setting AS setting
    CROSS JOIN activity_sql.watermark AS mark;
    IF v_settings IS DISTINCT FROM v_last.settings THEN
        -- Days of another zone, alerts of other addresses: from the start.
        DELETE FROM activity_sql.published_hour;
        v_last.figures_at := NULL;
        v_last.alerts_at := NULL;
    END IF;

    v_changed := activity_sql.publish_hours();
    v_alerts := v_last.alerts_at IS NULL OR v_last.alerts_at <= now() - interval '5 minutes';
    IF v_alerts THEN
        v_changed := v_changed + activity_sql.publish_alerts();
        v_last.alerts_at := CASE
            WHEN EXISTS (
                SELECT
                FROM activity_sql.published_hour AS published
                WHERE published.hour >= activity_sql.hour_of(now()) - interval '168 hours'
                    AND published.hour <= now()
                    AND published.alerts_fingerprint IS DISTINCT FROM published.fingerprint
            ) THEN NULL
            ELSE now()
        END;
    END IF;
    IF v_changed > 0
        OR v_last.figures_at IS NULL
        OR v_last.figures_at <= now() - interval '5 minutes'
    THEN
        v_changed := v_changed
            + activity_sql.publish_addresses()
            + activity_sql.publish_users();
        PERFORM activity_sql.publish_totals(true);
        v_changed := v_changed + activity_sql.publish_health();
        v_last.figures_at := now();
    ELSE
        PERFORM activity_sql.publish_totals(false);
    END IF;
    UPDATE activity_sql.publication AS publication
    SET
        settings = v_settings,
        figures_at = v_last.figures_at,
        alerts_at = v_last.alerts_at;
    IF v_changed > 0 THEN
        said := format('published %s rows', v_changed);
        failed := false;
        RETURN NEXT;
    END IF;
EXCEPTION
    WHEN OTHERS THEN
        said := format('publishing failed: %s (SQLSTATE %s)', SQLERRM, SQLSTATE);
        failed := true;
        RETURN NEXT;
END;
$function$;

COMMENT ON FUNCTION activity_sql.publish_activity() IS
    'Brings the published tables (activity_sql_hours and its kin, in Directus''s schema) up to '
    'date with the rollups. One row, what it did; or "publishing failed: ..." with the SQLSTATE, '
    'failed, and the tables as they were; none where nothing changed or another publish runs.';

REVOKE ALL ON FUNCTION activity_sql.publish_activity() FROM PUBLIC;
