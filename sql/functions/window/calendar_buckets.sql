-- The calendar buckets of a span, so that a series has no gaps.
--
-- Locks: none. Cost: microseconds a bucket.
CREATE OR REPLACE FUNCTION activity_sql.calendar_buckets(
    p_from      timestamptz,
    p_until     timestamptz,
    p_bucket    text,
    p_time_zone text
)
    RETURNS SETOF timestamptz
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_step interval := ('1 ' || p_bucket)::interval;
BEGIN
    -- Hours step through UTC, where none is skipped or comes twice; an offset that changes by part
    -- of an hour moves their grid, hence one step more. Only a moment of the span tells a bucket:
    -- the hour after such a change begins before it.
    IF p_bucket = 'hour' THEN
        RETURN QUERY
        SELECT DISTINCT date_trunc(
            'hour',
            least(greatest(step.moment, p_from), p_until - interval '1 microsecond'),
            p_time_zone
        )
        FROM generate_series(
            date_trunc('hour', p_from, p_time_zone), p_until + v_step, v_step
        ) AS step (moment);
        RETURN;
    END IF;

    -- A date that the calendar skipped begins and ends when the next one begins.
    RETURN QUERY
    SELECT DISTINCT bucket.start
    FROM generate_series(
        date_trunc(p_bucket, p_from AT TIME ZONE p_time_zone),
        p_until AT TIME ZONE p_time_zone,
        v_step
    ) AS step (day)
    CROSS JOIN LATERAL activity_sql.day_start(step.day::date, p_time_zone) AS bucket (start)
    WHERE bucket.start < p_until;
END;
$function$;

COMMENT ON FUNCTION activity_sql.calendar_buckets(timestamptz, timestamptz, text, text) IS
    'When the hours, days, weeks (from Monday) or months of p_time_zone begin that have a moment '
    'in [p_from, p_until), both finite, in no order: see activity_sql.calendar_bucket.';

REVOKE ALL ON FUNCTION activity_sql.calendar_buckets(timestamptz, timestamptz, text, text)
    FROM PUBLIC;
