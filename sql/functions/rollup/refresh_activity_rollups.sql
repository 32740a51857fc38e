-- Fold what has settled since the last time.
--
-- VOLATILE, and refused in a transaction with one snapshot for all its statements:
-- the rows must be read in a snapshot taken after settle() looked for writers.
--
-- Locks: the watermark's row, skipped where another refresh has it; on
-- directus_activity ACCESS SHARE. Waits for nothing.
-- Cost: grows with the rows folded; memory as fill_batch. Once a day, that of keep_trailing.
CREATE OR REPLACE FUNCTION {{ directus }}.refresh_activity_rollups(
    p_max_rows integer DEFAULT 500000
)
    RETURNS TABLE (
        folded_rows bigint,
        settled_id  bigint,
        lag_rows    bigint,
        duration_ms numeric,
        more        boolean
    )
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
    v_started timestamptz := clock_timestamp();
    v_target  bigint;
    v_settled bigint;
    v_to      bigint;
    v_folded  bigint := 0;
BEGIN
    PERFORM activity_sql.require_between('p_max_rows', p_max_rows, 1, 2147483647,
        'Pass how many rows one call may fold, for example 500000.');
    PERFORM activity_sql.require_read_committed();

    IF activity_sql.lock_watermark(p_wait => false) THEN
        v_target := activity_sql.settle();
        SELECT mark.settled_id INTO v_settled FROM activity_sql.watermark AS mark;

        IF v_target > v_settled OR v_settled IS NULL AND v_target IS NOT NULL THEN
            IF v_settled IS NULL THEN
                PERFORM activity_sql.keep_quarters();
                v_settled := -9223372036854775808;
            END IF;
            SELECT activity.id
            INTO v_to
            FROM {{ directus }}.directus_activity AS activity
            WHERE activity.id > v_settled AND activity.id <= v_target
            ORDER BY activity.id
            OFFSET p_max_rows - 1
            LIMIT 1;
            v_to := coalesce(v_to, v_target);

            v_folded := activity_sql.fold(v_settled, v_to);
            UPDATE activity_sql.watermark SET settled_id = v_to;
            IF v_to < v_target THEN
                -- Settled already: a candidate that waits for nobody.
                UPDATE activity_sql.watermark
                SET candidate_id = v_target, candidate_holders = '{}';
            -- Of a new day as soon as the one before seems over: a later row of it would take them
            -- out of use again.
            ELSIF EXISTS (
                SELECT
                FROM activity_sql.watermark AS mark
                WHERE mark.trailing_made_on IS NULL
                    OR mark.trailing_made_on < (now() AT TIME ZONE mark.time_zone)::date
                    AND NOT EXISTS (
                        SELECT
                        FROM activity_sql.batch AS batch
                        WHERE batch.day < (now() AT TIME ZONE mark.time_zone)::date
                    )
            ) THEN
                PERFORM activity_sql.keep_trailing();
            END IF;
        END IF;
        UPDATE activity_sql.watermark SET folded_at = clock_timestamp();
    END IF;

    SELECT mark.settled_id INTO v_settled FROM activity_sql.watermark AS mark;
    RETURN QUERY
    SELECT
        v_folded,
        v_settled,
        CASE WHEN v_settled < v_target
            THEN v_target - v_settled
            ELSE activity_sql.lag_rows(v_settled)
        END,
        round(extract(epoch FROM clock_timestamp() - v_started) * 1000, 3),
        coalesce(v_settled < v_target, false);
END;
$function$;

COMMENT ON FUNCTION {{ directus }}.refresh_activity_rollups(integer) IS
    'Folds at most p_max_rows settled rows into the rollups. folded_rows: how many, without the '
    'excluded; settled_id: every row up to this id is folded (NULL: none yet); lag_rows: rows above '
    'it, which answers read from directus_activity (while more is true, at most so many); '
    'duration_ms; more: call again. Folds nothing while another refresh runs. Raises '
    'invalid_transaction_state outside READ COMMITTED, and object_not_in_prerequisite_state where '
    'rows could be lost: the hint mends it.';

REVOKE ALL ON FUNCTION {{ directus }}.refresh_activity_rollups(integer) FROM PUBLIC;
