-- Partitions of hours and of the archive by month, ahead of time.
--
-- Made beside the table and attached: CREATE TABLE ... PARTITION OF would lock out
-- every reader. Attaching locks out readers of the default partition, so it gives
-- up at once where there is one; the rows then wait in the default partition for
-- the next call. So do odd timestamps, for ever: no partition is made before 2000
-- or more than two months ahead.
--
-- Locks: SHARE UPDATE EXCLUSIVE on the table, ACCESS EXCLUSIVE on its default
-- partition, for at most 50 ms of waiting. Cost: milliseconds per month made.
CREATE OR REPLACE FUNCTION activity_sql.add_month_partitions(
    p_table   text,
    p_moments timestamptz[]
)
    RETURNS integer
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '50ms'
    SET "TimeZone" = 'UTC'
AS $function$
DECLARE
    v_column  text := CASE p_table WHEN 'activity_hour' THEN 'hour' ELSE 'timestamp' END;
    v_default text := p_table || '_default';
    v_name    text;
    v_month   timestamptz;
    v_made    integer := 0;
BEGIN
    FOR v_month IN
        SELECT DISTINCT date_trunc('month', needed.moment)
        FROM unnest(p_moments || ARRAY[now(), now() + interval '1 month']) AS needed (moment)
        WHERE needed.moment >= '2000-01-01 00:00:00+00'
            AND needed.moment < now() + interval '2 months'
    LOOP
        v_name := p_table || to_char(v_month, '_YYYY_MM');
        CONTINUE WHEN to_regclass(format('activity_sql.%I', v_name)) IS NOT NULL;
        BEGIN
            EXECUTE format(
                'CREATE TABLE activity_sql.%I (LIKE activity_sql.%I INCLUDING ALL)',
                v_name, p_table
            );
            EXECUTE format('LOCK TABLE activity_sql.%I IN ACCESS EXCLUSIVE MODE', v_default);
            EXECUTE format(
                'INSERT INTO activity_sql.%1$I SELECT moved.* FROM activity_sql.%2$I AS moved '
                'WHERE moved.%3$I >= %4$L AND moved.%3$I < %5$L',
                v_name, v_default, v_column, v_month, v_month + interval '1 month'
            );
            EXECUTE format(
                'DELETE FROM activity_sql.%1$I AS moved '
                'WHERE moved.%2$I >= %3$L AND moved.%2$I < %4$L',
                v_default, v_column, v_month, v_month + interval '1 month'
            );
            EXECUTE format(
                'ALTER TABLE activity_sql.%I ATTACH PARTITION activity_sql.%I '
                'FOR VALUES FROM (%L) TO (%L)',
                p_table, v_name, v_month, v_month + interval '1 month'
            );
            v_made := v_made + 1;
        EXCEPTION
            WHEN lock_not_available OR deadlock_detected THEN
                RETURN v_made;
        END;
    END LOOP;
    RETURN v_made;
END;
$function$;

COMMENT ON FUNCTION activity_sql.add_month_partitions(text, timestamptz[]) IS
    'Makes the missing partitions of activity_hour or activity_archive for the months of p_moments, '
    'this month and the next, and returns how many. Never waits: what it could not lock it leaves '
    'for the next call.';

REVOKE ALL ON FUNCTION activity_sql.add_month_partitions(text, timestamptz[]) FROM PUBLIC;
