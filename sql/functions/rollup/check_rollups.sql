-- Prove that the rollups are what they were made from.
--
-- Everything is made again by the same functions and thrown away: the hours whose
-- rows are all there from those rows, each month and its days from its hours, the
-- trailing windows from their days. What comes out must be what is kept, to the byte.
--
-- Locks: the watermark's row, so no fold runs meanwhile.
-- Cost: as rebuild_rollups; a month at a time, each rolled back.
CREATE OR REPLACE FUNCTION activity_sql.check_rollups(
    p_from timestamptz DEFAULT NULL,
    p_to   timestamptz DEFAULT NULL
)
    RETURNS TABLE (month date, rollup text, problem text)
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    v_mark     activity_sql.watermark;
    v_until    timestamptz;
    v_complete timestamptz[];
    v_vague    timestamptz[];
    v_before   jsonb;
    v_after    jsonb;
BEGIN
    PERFORM activity_sql.require_read_committed();
    PERFORM activity_sql.lock_watermark(p_wait => true);
    SELECT
        mark.settled_id, mark.hours_since, mark.time_zone, mark.trailing_from, mark.trailing_to
    INTO
        v_mark.settled_id,
        v_mark.hours_since,
        v_mark.time_zone,
        v_mark.trailing_from,
        v_mark.trailing_to
    FROM activity_sql.watermark AS mark;

    FOR month IN
        SELECT DISTINCT date_trunc('month', hourly.hour AT TIME ZONE v_mark.time_zone)::date
        FROM activity_sql.activity_hour AS hourly
        WHERE hourly.hour >= greatest(activity_sql.hour_of(p_from), v_mark.hours_since)
            AND (p_to IS NULL OR hourly.hour < p_to)
        UNION
        SELECT daily.bucket
        FROM activity_sql.collection_action_rollup AS daily
        WHERE daily.grain = 'm'
            AND activity_sql.day_start(daily.bucket, v_mark.time_zone)
            >= greatest(p_from, v_mark.hours_since)
            AND (p_to IS NULL OR activity_sql.day_start(daily.bucket, v_mark.time_zone) < p_to)
        ORDER BY 1
    LOOP
        v_until := CASE month
            WHEN 'infinity' THEN NULL
            WHEN '-infinity' THEN '4714-11-24 00:00:00+00 BC'
            ELSE activity_sql.day_start((month + interval '1 month')::date, v_mark.time_zone)
        END;
        v_complete := ARRAY(
            SELECT hourly.hour
            FROM activity_sql.activity_hour AS hourly
            WHERE hourly.hour >= activity_sql.day_start(month, v_mark.time_zone)
                AND (v_until IS NULL OR hourly.hour < v_until)
            EXCEPT
            SELECT difference.hour
            FROM activity_sql.compare_rollups(
                activity_sql.day_start(month, v_mark.time_zone), v_until
            ) AS difference
        );
        v_vague := ARRAY(
            SELECT hourly.hour
            FROM activity_sql.activity_hour AS hourly
            WHERE hourly.hour = ANY (v_complete) AND hourly.middle_cell IS NULL
        );
        BEGIN
            v_before := activity_sql.rollup_digests(month, v_mark.time_zone);
            PERFORM activity_sql.fill_batch(
                -9223372036854775808,
                v_mark.settled_id,
                activity_sql.day_start(month, v_mark.time_zone),
                v_until,
                'rows'
            );
            DELETE FROM activity_sql.batch AS batch
            WHERE batch.hour <> ALL (v_complete);
            DELETE FROM activity_sql.activity_hour AS hourly
            WHERE hourly.hour = ANY (v_complete);
            PERFORM activity_sql.fold_hours();
            UPDATE activity_sql.activity_hour AS hourly
            SET middle_cell = NULL, middle_seen = NULL
            WHERE hourly.hour = ANY (v_vague);
            PERFORM activity_sql.refold_month(month);
            v_after := activity_sql.rollup_digests(month, v_mark.time_zone);
            RAISE EXCEPTION 'checked' USING ERRCODE = 'triggered_action_exception';
        EXCEPTION
            WHEN triggered_action_exception THEN
                NULL;
        END;
        FOR rollup, problem IN
            SELECT
                'activity_hour',
                format('hour %s counts %s rows, its cells %s', counted.hour, counted.actions,
                    counted.cell_actions)
            FROM (
                SELECT
                    hourly.hour,
                    (hourly.actions, hourly.run_actions) AS actions,
                    (
                        SELECT (
                            sum(cell.actions),
                            coalesce(sum(cell.actions) FILTER (WHERE action.name = 'run'), 0)
                        )
                        FROM unnest(hourly.cell_action, hourly.cell_actions)
                            AS cell (action, actions)
                        LEFT JOIN activity_sql.action AS action ON action.id = cell.action
                    ) AS cell_actions
                FROM activity_sql.activity_hour AS hourly
                WHERE hourly.hour >= activity_sql.day_start(month, v_mark.time_zone)
                    AND (v_until IS NULL OR hourly.hour < v_until)
            ) AS counted
            WHERE counted.actions::text <> counted.cell_actions::text
            UNION ALL
            SELECT
                before.key,
                format('%s differs from what it was made from', before.key)
            FROM jsonb_each_text(v_before) AS before
            JOIN jsonb_each_text(v_after) AS after ON after.key = before.key
            WHERE after.value <> before.value
            ORDER BY 1, 2
        LOOP
            RETURN NEXT;
        END LOOP;
    END LOOP;

    BEGIN
        v_before := activity_sql.trailing_digests(v_mark.trailing_from);
        PERFORM activity_sql.make_trailing(v_mark.trailing_from, v_mark.trailing_to);
        v_after := activity_sql.trailing_digests(v_mark.trailing_from);
        RAISE EXCEPTION 'checked' USING ERRCODE = 'triggered_action_exception';
    EXCEPTION
        WHEN triggered_action_exception THEN
            NULL;
    END;
    RETURN QUERY
    SELECT
        NULL::date,
        before.key,
        format('trailing windows in %s differ from their days', before.key)
    FROM jsonb_each_text(v_before) AS before
    JOIN jsonb_each_text(v_after) AS after ON after.key = before.key
    WHERE after.value <> before.value
    ORDER BY 2;
END;
$function$;

COMMENT ON FUNCTION activity_sql.check_rollups(timestamptz, timestamptz) IS
    'Makes the months from p_from to p_to (NULL: all whose hours are kept) again, compares and '
    'throws away: a row for each rollup of a month that is not what its rows and hours say; of a '
    'rollup whose trailing windows are not what their days say, whenever they are, month is NULL. '
    'SELECT activity_sql.rebuild_rollups(month, next month) mends it, SELECT '
    'activity_sql.keep_trailing() the trailing windows.';

REVOKE ALL ON FUNCTION activity_sql.check_rollups(timestamptz, timestamptz) FROM PUBLIC;
