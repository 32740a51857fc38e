-- Count again what is there now, whatever was folded before.
--
-- The one way to lower a count under keep, and the way to new exclusions or another
-- time zone. All or nothing: a month at a time, in one transaction. Answers stay
-- those of before until it commits.
--
-- Locks: the watermark's row, so no fold runs meanwhile; waits for one under way.
-- Holds back VACUUM for as long as it takes, as any long transaction does.
-- Cost: reads the rows of the range twice; memory as fill_batch, for a month's rows.
CREATE OR REPLACE FUNCTION activity_sql.rebuild_rollups(
    p_from timestamptz DEFAULT NULL,
    p_to   timestamptz DEFAULT NULL
)
    RETURNS bigint
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
DECLARE
    v_whole   boolean := p_from IS NULL AND p_to IS NULL;
    v_mark    activity_sql.watermark;
    v_archive boolean;
    v_from    timestamptz;
    v_until   timestamptz;
    v_month   date;
    v_rows    bigint := 0;
BEGIN
    PERFORM activity_sql.require_read_committed();
    PERFORM activity_sql.lock_watermark(p_wait => true);
    IF v_whole THEN
        IF activity_sql.ids_began_again() THEN
            PERFORM activity_sql.forget_ids();
        END IF;
        UPDATE activity_sql.watermark
        SET
            hours_since = '-infinity',
            trailing_from = '{}',
            trailing_to = '{}',
            time_zone = setting.time_zone,
            excluded_actions = setting.excluded_actions,
            excluded_users = setting.excluded_users
        FROM activity_sql.setting AS setting;
        DELETE FROM activity_sql.activity_hour;
        DELETE FROM activity_sql.address_rollup;
        DELETE FROM activity_sql.account_rollup;
        DELETE FROM activity_sql.login_rollup;
        DELETE FROM activity_sql.collection_action_rollup;
        DELETE FROM activity_sql.day_total;
        DELETE FROM activity_sql.user_agent_hour;
        PERFORM activity_sql.keep_quarters();
    END IF;
    SELECT mark.settled_id, mark.hours_since, mark.time_zone, setting.archive
    INTO v_mark.settled_id, v_mark.hours_since, v_mark.time_zone, v_archive
    FROM activity_sql.watermark AS mark
    CROSS JOIN activity_sql.setting AS setting;

    v_from := activity_sql.hour_of(coalesce(p_from, v_mark.hours_since));
    v_until := activity_sql.hour_of(p_to);
    IF v_until < p_to THEN
        v_until := v_until + interval '1 hour';
    END IF;
    IF v_from < v_mark.hours_since THEN
        RAISE EXCEPTION 'hours are kept since %, and % is before', v_mark.hours_since, p_from
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Rebuild from then on, or everything: SELECT '
                      'activity_sql.rebuild_rollups() counts the rows that are there.';
    END IF;
    IF v_mark.settled_id IS NULL OR v_from >= v_until THEN
        RETURN 0;
    END IF;

    FOR v_month IN
        SELECT DISTINCT date_trunc('month', seen.hour AT TIME ZONE v_mark.time_zone)::date
        FROM (
            SELECT hourly.hour
            FROM activity_sql.activity_hour AS hourly
            UNION
            SELECT activity_sql.hour_of(activity."timestamp")
            FROM {{ directus }}.directus_activity AS activity
            WHERE activity."timestamp" >= v_from
                AND (v_until IS NULL OR activity."timestamp" < v_until)
            UNION
            SELECT activity_sql.hour_of(archived."timestamp")
            FROM activity_sql.activity_archive AS archived
            WHERE v_archive
        ) AS seen
        WHERE seen.hour >= v_from AND (v_until IS NULL OR seen.hour < v_until)
        ORDER BY 1
    LOOP
        v_rows := v_rows + activity_sql.rebuild_month(v_month, v_from, v_until);
    END LOOP;

    IF v_whole THEN
        PERFORM activity_sql.fold_user_agents(-9223372036854775808, v_mark.settled_id);
    END IF;
    PERFORM activity_sql.keep_trailing();
    RETURN v_rows;
END;
$function$;

COMMENT ON FUNCTION activity_sql.rebuild_rollups(timestamptz, timestamptz) IS
    'Folds the rows that are there again, from the hour of p_from to the end of that of p_to, with '
    'id <= settled_id, and with the archive on those that only it still has; returns how many. '
    'Without a range everything, with the settings'' time zone and exclusions; where the ids began '
    'again, nothing but the archive yet, and the next refresh folds the rest. What is in neither '
    'is forgotten. Raises invalid_parameter_value where hours of the range are no longer kept.';

REVOKE ALL ON FUNCTION activity_sql.rebuild_rollups(timestamptz, timestamptz) FROM PUBLIC;
