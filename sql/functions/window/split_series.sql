-- How the window of a series by calendar buckets is made up of what is kept.
--
-- Days, weeks and months of the reporting time zone are whole days of the rollups.
-- Those of other zones are made of hours, or of rows where a clock of that zone is
-- not on the full hour when a UTC hour begins.
--
-- Locks: ACCESS SHARE. Cost: as activity_sql.split_window, and a microsecond a week.
CREATE OR REPLACE FUNCTION activity_sql.split_series(
    p_from      timestamptz,
    p_to        timestamptz,
    p_bucket    text,
    p_time_zone text
)
    RETURNS activity_sql.window_parts
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_coarsest text := 'hour';
BEGIN
    IF p_bucket <> 'hour' AND EXISTS (
        SELECT FROM activity_sql.watermark AS mark WHERE mark.time_zone = p_time_zone
    ) THEN
        v_coarsest := CASE p_bucket WHEN 'month' THEN 'month' ELSE 'day' END;
    -- From the first hour that is kept: clocks showed odd minutes a hundred years ago. To a year
    -- ahead: rows may be stamped ahead of now. By weeks: no offset lasts less.
    ELSIF EXISTS (
        SELECT
        FROM generate_series(
            (
                SELECT min(hourly.hour)
                FROM activity_sql.activity_hour AS hourly
                WHERE hourly.hour >= p_from
            ),
            coalesce(p_to, now() + interval '8784 hours') + interval '168 hours',
            '168 hours'
        ) AS week (start)
        WHERE extract(minute FROM week.start AT TIME ZONE p_time_zone) <> 0
    ) THEN
        v_coarsest := 'row';
    END IF;
    RETURN activity_sql.split_window(p_from, p_to, v_coarsest);
END;
$function$;

COMMENT ON FUNCTION activity_sql.split_series(timestamptz, timestamptz, text, text) IS
    'The window [p_from, p_to) as activity_sql.split_window makes it up of days or months (buckets '
    'day, week, month of watermark.time_zone), of hours (hours, and buckets of a zone whose clock '
    'is on the full hour when a UTC hour begins) or of rows. Raises object_not_in_prerequisite_state where finer ones are wanted '
    'than are kept and the rows are gone.';

REVOKE ALL ON FUNCTION activity_sql.split_series(timestamptz, timestamptz, text, text) FROM PUBLIC;
