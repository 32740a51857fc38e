-- Where one end of a window falls, and what can say what happened on either side.
--
-- An hour says so itself. Where hours are no longer kept, or their rows' moments were not yet, the
-- rows or the archive may; if neither can, the edge moves to the end of its bucket: that counts
-- whole if its start is inside the window and not at all otherwise, so that adjoining windows never
-- count a row twice.
--
-- Locks: ACCESS SHARE. Cost: none of its own; counts the rows of one day where hours are no longer
-- kept.
CREATE OR REPLACE FUNCTION activity_sql.find_edge(p_moment timestamptz)
    RETURNS activity_sql.window_edge
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_edge  activity_sql.window_edge;
    v_since timestamptz;
    v_zone  text;
    v_day   date;
BEGIN
    SELECT mark.hours_since, mark.time_zone
    INTO v_since, v_zone
    FROM activity_sql.watermark AS mark;

    v_edge.moment := p_moment;
    IF p_moment >= v_since THEN
        v_edge.bucket_from := activity_sql.hour_of(p_moment);
        v_edge.bucket_to := v_edge.bucket_from + interval '1 hour';
    ELSE
        v_day := (p_moment AT TIME ZONE v_zone)::date;
        v_edge.bucket_from := activity_sql.day_start(v_day, v_zone);
        v_edge.bucket_to := activity_sql.day_start(v_day + 1, v_zone);
    END IF;
    IF v_edge.bucket_from = p_moment THEN
        v_edge.bucket_to := p_moment;
        RETURN v_edge;
    END IF;

    IF p_moment >= v_since AND NOT EXISTS (
        SELECT
        FROM activity_sql.activity_hour AS hourly
        WHERE hourly.hour = v_edge.bucket_from AND hourly.middle_cell IS NULL
    ) THEN
        v_edge.source := 'hour';
        RETURN v_edge;
    END IF;

    v_edge.source := activity_sql.readable_source(v_edge.bucket_from, v_edge.bucket_to);
    IF v_edge.source IS NULL THEN
        v_edge.moment := v_edge.bucket_to;
        v_edge.bucket_from := v_edge.bucket_to;
    END IF;
    RETURN v_edge;
END;
$function$;

COMMENT ON FUNCTION activity_sql.find_edge(timestamptz) IS
    'The bucket that p_moment cuts: bucket_from, bucket_to, and source, hour, rows or archive. On a '
    'bucket''s start, or moved to it since the rows are gone, both are moment and source is NULL.';

REVOKE ALL ON FUNCTION activity_sql.find_edge(timestamptz) FROM PUBLIC;
