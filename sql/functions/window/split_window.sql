-- How a window is made up of what is kept.
--
-- Whole months, then whole pentads, days, quarters of days and hours, as far as they lie inside;
-- what is left at the two edges is cut out of an hour that kept its rows' moments, else read from
-- rows, as what is cut out of a day where its hours are no longer kept. Every function reads its
-- windows through this one, in the caller's one snapshot.
--
--   from    hour     quarter  day     pentad     month    month     pentad     day   quarter  hour    to
--   | cut1 | hours1 | quarters | days1 | pentads1 | months | pentads2 | days2 | quarters | hours2 | cut2 |
--
-- and where the days before today are kept as a trailing window, that and the days after it, days3,
-- instead of what it holds.
--
-- Who needs finer buckets says which is the coarsest: a series by hour, or by the
-- days of another time zone, takes hours only, one by month no trailing window. row is for time zones whose days
-- begin within an hour, and for series from before hours were kept.
--
-- Locks: ACCESS SHARE. Cost: a third of a millisecond; for row a count of the window's rows.
CREATE OR REPLACE FUNCTION activity_sql.split_window(
    p_from     timestamptz,
    p_to       timestamptz,
    p_coarsest text DEFAULT 'trailing'
)
    RETURNS activity_sql.window_parts
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_parts    activity_sql.window_parts;
    v_zone     text;
    v_since    timestamptz;
    v_quarters date;
    v_firsts   date[];
    v_lasts    date[];
    v_ready_to date;
    v_source   text;
    v_from     activity_sql.window_edge;
    v_to       activity_sql.window_edge;
    v_day_from timestamptz;
    v_day_to   timestamptz;
    v_day      date;
    v_start    timestamptz;
    v_last     date;
    v_pentad   date;
    v_after    date;
BEGIN
    v_parts.window_from := p_from;
    v_parts.window_to := p_to;
    SELECT
        mark.settled_id,
        mark.time_zone,
        mark.hours_since,
        mark.quarters_since,
        mark.trailing_from,
        mark.trailing_to
    INTO v_parts.settled_id, v_zone, v_since, v_quarters, v_firsts, v_lasts
    FROM activity_sql.watermark AS mark;
    IF v_parts.settled_id IS NULL THEN
        RETURN v_parts;
    END IF;

    IF p_coarsest = 'row' OR (p_coarsest = 'hour' AND p_from < v_since) THEN
        v_source := activity_sql.readable_source(
            activity_sql.bucket_of(p_from, v_since, v_zone),
            CASE
                WHEN coalesce(p_to, 'infinity') >= v_since
                    THEN activity_sql.hour_of(coalesce(p_to, 'infinity')) + interval '1 hour'
                ELSE activity_sql.day_start((p_to AT TIME ZONE v_zone)::date + 1, v_zone)
            END
        );
        IF v_source = 'rows' THEN
            v_parts.rows1_from := p_from;
            v_parts.rows1_to := coalesce(p_to, 'infinity');
        ELSIF v_source = 'archive' THEN
            v_parts.archived1_from := p_from;
            v_parts.archived1_to := coalesce(p_to, 'infinity');
        ELSE
            RAISE EXCEPTION 'the rows since % are not all there, and the rollups are too coarse',
                p_from
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      HINT = format('Ask for days or months of %s, or for a later window: '
                          'activity_rollup_coverage() says since when.', v_zone);
        END IF;
        RETURN v_parts;
    END IF;

    v_from := activity_sql.find_edge(p_from);
    v_to := activity_sql.find_edge(coalesce(p_to, 'infinity'));

    -- Both edges in one bucket: nothing whole.
    IF v_from.bucket_to > v_to.bucket_from THEN
        IF v_from.source = 'hour' THEN
            v_parts.cut1_from := v_from.moment;
            v_parts.cut1_to := v_to.moment;
        ELSIF v_from.source = 'rows' THEN
            v_parts.rows1_from := v_from.moment;
            v_parts.rows1_to := v_to.moment;
        ELSIF v_from.source = 'archive' THEN
            v_parts.archived1_from := v_from.moment;
            v_parts.archived1_to := v_to.moment;
        END IF;
        RETURN v_parts;
    END IF;

    IF v_from.source = 'hour' THEN
        v_parts.cut1_from := v_from.moment;
        v_parts.cut1_to := v_from.bucket_to;
    ELSIF v_from.source = 'rows' THEN
        v_parts.rows1_from := v_from.moment;
        v_parts.rows1_to := v_from.bucket_to;
    ELSIF v_from.source = 'archive' THEN
        v_parts.archived1_from := v_from.moment;
        v_parts.archived1_to := v_from.bucket_to;
    END IF;
    IF v_to.source = 'hour' THEN
        v_parts.cut2_from := v_to.bucket_from;
        v_parts.cut2_to := v_to.moment;
    ELSIF v_to.source = 'rows' THEN
        v_parts.rows2_from := v_to.bucket_from;
        v_parts.rows2_to := v_to.moment;
    ELSIF v_to.source = 'archive' THEN
        v_parts.archived2_from := v_to.bucket_from;
        v_parts.archived2_to := v_to.moment;
    END IF;

    v_day_from := activity_sql.day_start((v_from.bucket_to AT TIME ZONE v_zone)::date, v_zone);
    IF v_day_from < v_from.bucket_to THEN
        v_day_from := activity_sql.day_start(
            (v_from.bucket_to AT TIME ZONE v_zone)::date + 1, v_zone);
    END IF;
    v_day_to := activity_sql.day_start((v_to.bucket_from AT TIME ZONE v_zone)::date, v_zone);

    -- No midnight between the edges, or none wanted.
    IF v_day_from > v_day_to OR p_coarsest = 'hour' THEN
        v_parts.hours1_first := v_from.bucket_to;
        v_parts.hours1_last := v_to.bucket_from - interval '1 hour';
        RETURN v_parts;
    END IF;

    v_parts.hours1_first := v_from.bucket_to;
    v_parts.hours1_last := v_day_from - interval '1 hour';
    IF isfinite(v_day_to) THEN
        v_parts.hours2_first := v_day_to;
        v_parts.hours2_last := v_to.bucket_from - interval '1 hour';
    END IF;

    -- The first quarter to begin on the day before the whole ones, and the last to end on the day
    -- after them.
    v_day := (v_from.bucket_to AT TIME ZONE v_zone)::date;
    IF v_from.bucket_to < v_day_from AND v_day >= v_quarters THEN
        v_start := activity_sql.day_start(v_day, v_zone);
        IF v_from.bucket_to <= v_start + interval '18 hours' THEN
            v_parts.quarter3_from := v_day;
            v_parts.hours1_last := v_start + interval '17 hours';
        END IF;
        IF v_from.bucket_to <= v_start + interval '12 hours' THEN
            v_parts.quarter2_from := v_day;
            v_parts.hours1_last := v_start + interval '11 hours';
        END IF;
        IF v_from.bucket_to <= v_start + interval '6 hours' THEN
            v_parts.quarter1_from := v_day;
            v_parts.hours1_last := v_start + interval '5 hours';
        END IF;
    END IF;
    v_day := (v_day_to AT TIME ZONE v_zone)::date;
    IF isfinite(v_day_to) AND v_day >= v_quarters THEN
        IF v_to.bucket_from >= v_day_to + interval '6 hours' THEN
            v_parts.quarter0_to := v_day;
            v_parts.hours2_first := v_day_to + interval '6 hours';
        END IF;
        IF v_to.bucket_from >= v_day_to + interval '12 hours' THEN
            v_parts.quarter1_to := v_day;
            v_parts.hours2_first := v_day_to + interval '12 hours';
        END IF;
        IF v_to.bucket_from >= v_day_to + interval '18 hours' THEN
            v_parts.quarter2_to := v_day;
            v_parts.hours2_first := v_day_to + interval '18 hours';
        END IF;
    END IF;
    IF v_day_from = v_day_to THEN
        RETURN v_parts;
    END IF;

    v_parts.days1_first := (v_day_from AT TIME ZONE v_zone)::date;
    v_last := CASE
        WHEN isfinite(v_day_to) THEN (v_day_to AT TIME ZONE v_zone)::date - 1
        ELSE 'infinity'
    END;
    IF p_coarsest = 'day' THEN
        v_parts.days1_last := v_last;
        RETURN v_parts;
    END IF;

    -- The longest trailing window inside: where few days are after it, and no more before it than
    -- it has.
    IF p_coarsest = 'trailing' AND isfinite(v_parts.days1_first) THEN
        SELECT ready.first, ready.last
        INTO v_parts.trailing_from, v_ready_to
        FROM unnest(v_firsts, v_lasts) AS ready (first, last)
        WHERE ready.first >= v_parts.days1_first
            AND ready.last <= v_last
            AND ready.last + 7 >= least(v_last, (now() AT TIME ZONE v_zone)::date)
            AND ready.first - v_parts.days1_first <= ready.last - ready.first
        ORDER BY ready.first
        LIMIT 1;
    END IF;
    IF v_parts.trailing_from IS NOT NULL THEN
        v_parts.days3_first := v_ready_to + 1;
        v_parts.days3_last := v_last;
        v_last := v_parts.trailing_from - 1;
    END IF;

    v_parts.month_first := date_trunc('month', v_parts.days1_first - 1 + interval '1 month')::date;
    v_parts.month_last := CASE
        WHEN isfinite(v_last) THEN (date_trunc('month', v_last + 1) - interval '1 month')::date
        ELSE 'infinity'
    END;

    -- The first pentad to begin, and the day after the last to end, inside.
    v_pentad := activity_sql.pentad_start(activity_sql.pentad_start(v_parts.days1_first - 1) + 6);
    v_after := activity_sql.pentad_start(v_last + 1);
    IF v_pentad >= v_after THEN
        v_parts.days1_last := v_last;
        v_parts.month_first := NULL;
        v_parts.month_last := NULL;
        RETURN v_parts;
    END IF;
    v_parts.days1_last := v_pentad - 1;
    IF isfinite(v_last) THEN
        v_parts.days2_first := v_after;
        v_parts.days2_last := v_last;
    END IF;

    v_parts.pentads1_first := v_pentad;
    IF v_parts.month_first > v_parts.month_last THEN
        v_parts.month_first := NULL;
        v_parts.month_last := NULL;
        v_parts.pentads1_last := v_after - 1;
        RETURN v_parts;
    END IF;
    v_parts.pentads1_last := v_parts.month_first - 1;
    IF isfinite(v_last) THEN
        v_parts.pentads2_first := (v_parts.month_last + interval '1 month')::date;
        v_parts.pentads2_last := v_after - 1;
    END IF;
    RETURN v_parts;
END;
$function$;

COMMENT ON FUNCTION activity_sql.split_window(timestamptz, timestamptz, text) IS
    'The window [p_from, p_to), without an upper bound where p_to is NULL, as an '
    'activity_sql.window_parts: settled_id; months, pentads, days, quarters of days and a trailing '
    'window of the rollups (dates of watermark.time_zone) and hours of activity_hour, both ends '
    'included; and spans, half-open: cut out of hours, to read from directus_activity (id <= '
    'settled_id), or from the archive. NULL or an empty range where there is none. Rows above '
    'settled_id come on top, for the whole window. p_coarsest: the coarsest bucket to take, '
    'trailing, month, day, hour or row. Raises object_not_in_prerequisite_state where finer ones '
    'are wanted than are kept and the rows are '
    'gone.';

REVOKE ALL ON FUNCTION activity_sql.split_window(timestamptz, timestamptz, text) FROM PUBLIC;
