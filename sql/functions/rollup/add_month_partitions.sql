-- Partitions of hours and of the archive by month, ahead of time.
--
-- Made beside the table and attached: CREATE TABLE ... PARTITION OF would lock out
-- every reader. There is no default partition for the same reason. What is before
-- 2000 or from 2100 on has a partition of its own since the beginning.
--
-- Locks: SHARE UPDATE EXCLUSIVE on the table, which nobody who reads or folds is in
-- the way of. Cost: milliseconds per month made.
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
    v_name  text;
    v_month timestamptz;
    v_made  integer := 0;
BEGIN
    FOR v_month IN
        SELECT DISTINCT date_trunc('month', needed.moment)
        FROM unnest(p_moments || ARRAY[now(), now() + interval '1 month']) AS needed (moment)
        WHERE needed.moment >= '2000-01-01 00:00:00+00'
            AND needed.moment < '2100-01-01 00:00:00+00'
    LOOP
        v_name := p_table || to_char(v_month, '_YYYY_MM');
        CONTINUE WHEN to_regclass(format('activity_sql.%I', v_name)) IS NOT NULL;
        EXECUTE format(
            'CREATE TABLE activity_sql.%I (LIKE activity_sql.%I INCLUDING ALL)', v_name, p_table
        );
        EXECUTE format(
            'ALTER TABLE activity_sql.%I ATTACH PARTITION activity_sql.%I '
            'FOR VALUES FROM (%L) TO (%L)',
            p_table, v_name, v_month, v_month + interval '1 month'
        );
        v_made := v_made + 1;
    END LOOP;
    RETURN v_made;
END;
$function$;

COMMENT ON FUNCTION activity_sql.add_month_partitions(text, timestamptz[]) IS
    'Makes the missing partitions of activity_hour or activity_archive for the months of p_moments, '
    'this month and the next, and returns how many. Raises lock_not_available where other DDL is '
    'under way on the table for longer than 50 ms.';

REVOKE ALL ON FUNCTION activity_sql.add_month_partitions(text, timestamptz[]) FROM PUBLIC;
