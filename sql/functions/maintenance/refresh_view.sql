-- Make a materialized view again, where what it is made of has changed.
--
-- Folds, reconcile and rebuild change the hours, time lets old ones fall out, and
-- each hour carries a fingerprint of its rows: so a digest of the hours in the
-- window says whether anything changed, whoever changed it. It is taken before the
-- view's own snapshot, so a fold in between costs one refresh more, never one less.
--
-- Locks: an advisory lock per view; EXCLUSIVE on the view if it is had in 50 ms: its
-- readers go on. Cost: milliseconds to find out; then the view's own query and a
-- comparison with what it holds.
CREATE OR REPLACE FUNCTION activity_sql.refresh_view(p_view text)
    RETURNS text
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '50ms'
    SET jit = off
AS $function$
DECLARE
    v_since  timestamptz := activity_sql.published_since(p_view);
    v_schema text;
    v_digest text;
BEGIN
    IF v_since IS NULL THEN
        RAISE EXCEPTION 'there is no view % to refresh', p_view
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Pass mv_activity_hourly_stats, mv_activity_collection_stats, '
                      'mv_activity_daily_summary or mv_activity_dashboard_stats.';
    END IF;
    IF NOT pg_try_advisory_xact_lock(hashtextextended('activity_sql.refresh_view ' || p_view, 0))
    THEN
        RETURN 'skipped: another refresh runs';
    END IF;

    SELECT format(
        '%s %s %s',
        mark.time_zone,
        count(hourly.hour),
        coalesce(sum(hashtextextended(
            format('%s %s %s', extract(epoch FROM hourly.hour), hourly.actions, hourly.fingerprint),
            0
        )), 0)
    )
    INTO v_digest
    FROM activity_sql.watermark AS mark
    LEFT JOIN activity_sql.activity_hour AS hourly ON hourly.hour >= v_since
    GROUP BY mark.time_zone;
    IF EXISTS (
        SELECT FROM activity_sql.view_refresh AS refresh
        WHERE refresh.view = p_view AND refresh.source_digest = v_digest
    ) THEN
        RETURN 'skipped: nothing folded since';
    END IF;

    SELECT installation.directus_schema
    INTO v_schema
    FROM activity_sql.installation AS installation;
    EXECUTE format('REFRESH MATERIALIZED VIEW CONCURRENTLY %I.%I', v_schema, p_view);
    INSERT INTO activity_sql.view_refresh AS refresh (view, source_digest, refreshed_at)
    VALUES (p_view, v_digest, clock_timestamp())
    ON CONFLICT (view) DO UPDATE SET
        source_digest = EXCLUDED.source_digest,
        refreshed_at = EXCLUDED.refreshed_at;
    RETURN 'refreshed';
EXCEPTION
    WHEN lock_not_available THEN
        RETURN 'skipped: another refresh runs';
END;
$function$;

COMMENT ON FUNCTION activity_sql.refresh_view(text) IS
    'Refreshes the materialized view p_view CONCURRENTLY, and returns what it did: refreshed; '
    'skipped: nothing folded since; skipped: another refresh runs. Raises invalid_parameter_value '
    'for any other name.';

REVOKE ALL ON FUNCTION activity_sql.refresh_view(text) FROM PUBLIC;
