-- Forget the hours that are older than the settings keep; days and months stay.
--
-- By whole months of the reporting time zone, so that a month that is kept can be
-- made again from its hours. A partition is emptied first, and dropped on a later
-- night, once VACUUM has left no page of it: then no snapshot can still look there.
--
-- Locks: the watermark's row; ACCESS EXCLUSIVE on activity_hour if it is had in 50
-- ms. Cost: a month's 744 rows.
CREATE OR REPLACE FUNCTION activity_sql.drop_old_hours()
    RETURNS integer
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '50ms'
    SET "TimeZone" = 'UTC'
AS $function$
DECLARE
    v_since   timestamptz;
    v_part    text;
    v_dropped integer := 0;
BEGIN
    IF NOT activity_sql.lock_watermark(p_wait => false) THEN
        RETURN 0;
    END IF;
    SELECT activity_sql.day_start(
        date_trunc(
            'month',
            (now() - make_interval(days => setting.hours_kept_days)) AT TIME ZONE mark.time_zone
        )::date,
        mark.time_zone
    )
    INTO v_since
    FROM activity_sql.setting AS setting
    CROSS JOIN activity_sql.watermark AS mark;

    UPDATE activity_sql.watermark AS mark
    SET hours_since = greatest(mark.hours_since, v_since)
    WHERE EXISTS (
        SELECT FROM activity_sql.activity_hour AS hourly WHERE hourly.hour < v_since
    );
    DELETE FROM activity_sql.activity_hour AS hourly
    WHERE hourly.hour < v_since;
    GET DIAGNOSTICS v_dropped = ROW_COUNT;

    FOR v_part IN
        SELECT child.relname
        FROM pg_inherits AS inheritance
        JOIN pg_class AS child ON child.oid = inheritance.inhrelid
        WHERE inheritance.inhparent = 'activity_sql.activity_hour'::regclass
            AND child.relname ~ '^activity_hour_\d{4}_\d\d$'
            AND child.relname < to_char(v_since, '"activity_hour_"YYYY_MM')
            AND pg_relation_size(child.oid) = 0
    LOOP
        BEGIN
            EXECUTE format('DROP TABLE activity_sql.%I', v_part);
        EXCEPTION
            WHEN lock_not_available OR deadlock_detected THEN
                RETURN v_dropped;
        END;
    END LOOP;
    RETURN v_dropped;
END;
$function$;

COMMENT ON FUNCTION activity_sql.drop_old_hours() IS
    'Drops the hours of the months that ended more than setting.hours_kept_days ago, and returns '
    'how many. Edges before watermark.hours_since are then read from rows or rounded to days.';

REVOKE ALL ON FUNCTION activity_sql.drop_old_hours() FROM PUBLIC;
