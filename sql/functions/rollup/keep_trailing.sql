-- Keep the trailing windows ready: what the days up to yesterday amount to, for each of
-- setting.trailing_days, and those before with which they are compared.
--
-- A window of n days that ends today has n - 1 whole days, and these are kept. Tomorrow's begins a
-- day later, and they do not fit: the first fold of a new day makes them anew.
--
-- Locks: the watermark's row. Cost: the rows of as many days as the windows have.
CREATE OR REPLACE FUNCTION activity_sql.keep_trailing(p_last date DEFAULT NULL)
    RETURNS text
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_today date;
    v_last  date;
    v_from  date[];
    v_to    date[];
BEGIN
    IF NOT activity_sql.lock_watermark(p_wait => false) THEN
        RETURN 'a fold is under way';
    END IF;
    SELECT (now() AT TIME ZONE mark.time_zone)::date
    INTO v_today
    FROM activity_sql.watermark AS mark;
    v_last := coalesce(p_last, v_today - 1);
    -- A bucket is known by its first day: of two with the same one the longer is kept.
    SELECT coalesce(array_agg(ready.first), '{}'), coalesce(array_agg(ready.last), '{}')
    INTO v_from, v_to
    FROM (
        SELECT DISTINCT ON (wanted.first) wanted.first, wanted.last
        FROM activity_sql.setting AS setting
        CROSS JOIN LATERAL unnest(setting.trailing_days) AS kept (days)
        CROSS JOIN LATERAL (
            VALUES
                (v_last - (kept.days - 2), v_last),
                (v_last - (2 * kept.days - 2), v_last - kept.days)
        ) AS wanted (first, last)
        ORDER BY wanted.first, wanted.last DESC
    ) AS ready;

    PERFORM activity_sql.make_trailing(v_from, v_to);
    UPDATE activity_sql.watermark
    SET trailing_from = v_from, trailing_to = v_to, trailing_made_on = v_today;
    RETURN format('%s windows up to %s', cardinality(v_from), v_last);
END;
$function$;

COMMENT ON FUNCTION activity_sql.keep_trailing(date) IS
    'Makes the trailing windows anew, as grain t of the rollups: for each of setting.trailing_days '
    'its whole days up to p_last (NULL: yesterday, in watermark.time_zone), and those of the window '
    'before. Says how many, and up to when.';

REVOKE ALL ON FUNCTION activity_sql.keep_trailing(date) FROM PUBLIC;
