-- Keep quarters of days for as long as the settings say: drop older ones, and make those that are
-- missing, after an upgrade or another setting, of the hours.
--
-- By whole months of the reporting time zone, as hours are kept.
--
-- Locks: the watermark's row. Cost: a month's rows of quarters; per month that is made the cells of
-- its hours.
CREATE OR REPLACE FUNCTION activity_sql.keep_quarters()
    RETURNS text
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
DECLARE
    v_zone    text;
    v_since   date;
    v_wanted  date;
    v_month   date;
    v_table   text;
    v_made    integer := 0;
    v_dropped bigint := 0;
    v_count   bigint;
BEGIN
    IF NOT activity_sql.lock_watermark(p_wait => false) THEN
        RETURN 'a fold is under way';
    END IF;
    SELECT
        mark.time_zone,
        mark.quarters_since,
        greatest(
            date_trunc(
                'month',
                (now() - make_interval(days => setting.quarters_kept_days)) AT TIME ZONE mark.time_zone
            )::date,
            (mark.hours_since AT TIME ZONE mark.time_zone)::date
        )
    INTO v_zone, v_since, v_wanted
    FROM activity_sql.setting AS setting
    CROSS JOIN activity_sql.watermark AS mark;
    UPDATE activity_sql.watermark
    SET quarters_since = v_wanted;

    FOR v_month IN
        SELECT DISTINCT date_trunc('month', hourly.hour AT TIME ZONE v_zone)::date
        FROM activity_sql.activity_hour AS hourly
        WHERE hourly.hour >= activity_sql.day_start(v_wanted, v_zone)
            AND hourly.hour < activity_sql.day_start(v_since, v_zone)
    LOOP
        PERFORM activity_sql.refold_month(v_month);
        v_made := v_made + 1;
    END LOOP;

    IF v_wanted > v_since THEN
        FOREACH v_table IN ARRAY ARRAY[
            'address_rollup',
            'account_rollup',
            'login_rollup',
            'collection_action_rollup'
        ] LOOP
            EXECUTE format(
                'DELETE FROM activity_sql.%I AS rollup '
                'WHERE rollup.grain = ANY (%L) AND rollup.bucket < %L',
                v_table, '{0,1,2,3}'::"char"[], v_wanted
            );
            GET DIAGNOSTICS v_count = ROW_COUNT;
            v_dropped := v_dropped + v_count;
        END LOOP;
    END IF;
    RETURN format('%s months made, %s old rows dropped', v_made, v_dropped);
END;
$function$;

COMMENT ON FUNCTION activity_sql.keep_quarters() IS
    'Makes the quarters of the days since the month that ended before setting.quarters_kept_days, '
    'as far as hours are kept, and drops older ones; says how many.';

REVOKE ALL ON FUNCTION activity_sql.keep_quarters() FROM PUBLIC;
