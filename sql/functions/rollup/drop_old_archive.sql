-- Forget what the archive keeps for longer than the settings say: by whole months,
-- each a partition that is dropped, so that no row is touched. Readers of an older
-- snapshot then find as little of it as those who come after: an edge there is read
-- from Directus's table, or rounded.
--
-- Locks: ACCESS EXCLUSIVE on activity_archive, for each month anew, if it is had in 50
-- ms; whoever reads or folds meanwhile waits no longer than that. The last step of a
-- transaction, since it keeps the lock. Cost: milliseconds a month.
CREATE OR REPLACE FUNCTION activity_sql.drop_old_archive()
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
    SELECT date_trunc('month', now() - make_interval(days => setting.archive_kept_days))
    INTO v_since
    FROM activity_sql.setting AS setting;

    DELETE FROM activity_sql.activity_archive_before_2000
    WHERE v_since >= '2000-01-01 00:00:00+00';

    FOR v_part IN
        SELECT child.relname
        FROM pg_inherits AS inheritance
        JOIN pg_class AS child ON child.oid = inheritance.inhrelid
        WHERE inheritance.inhparent = 'activity_sql.activity_archive'::regclass
            AND child.relname ~ '^activity_archive_\d{4}_\d\d$'
            AND child.relname < to_char(v_since, '"activity_archive_"YYYY_MM')
        ORDER BY child.relname
    LOOP
        BEGIN
            EXECUTE format('DROP TABLE activity_sql.%I', v_part);
            v_dropped := v_dropped + 1;
        EXCEPTION
            WHEN lock_not_available OR deadlock_detected THEN
                RETURN v_dropped;
        END;
    END LOOP;
    RETURN v_dropped;
END;
$function$;

COMMENT ON FUNCTION activity_sql.drop_old_archive() IS
    'Drops the months of activity_archive that ended more than setting.archive_kept_days ago, and '
    'returns how many. What is in use longer than 50 ms is left for the next call.';

REVOKE ALL ON FUNCTION activity_sql.drop_old_archive() FROM PUBLIC;
