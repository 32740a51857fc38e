-- Take over what was changed behind the watermark: edited rows, ids set by hand,
-- and under mirror deleted rows.
--
-- Under keep a count is never lowered: fewer rows are pruned rows, which is what
-- the rollups are there to outlive. As many or more with other contents are folded
-- again; so is everything that differs under mirror.
--
-- Locks: the watermark's row, so no fold runs meanwhile; waits for one under way.
-- Cost: as compare_rollups, and per changed hour its rows, per touched month its
-- hours.
CREATE OR REPLACE FUNCTION activity_sql.reconcile_rollups(
    p_from timestamptz DEFAULT NULL,
    p_to   timestamptz DEFAULT NULL
)
    RETURNS TABLE (
        hour        timestamptz,
        is_run      boolean,
        base_rows   bigint,
        folded_rows bigint,
        done        text
    )
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    v_keep   boolean;
    v_zone   text;
    v_months date[] := ARRAY[]::date[];
    v_month  date;
BEGIN
    PERFORM activity_sql.require_read_committed();
    PERFORM activity_sql.lock_watermark(p_wait => true);
    SELECT setting.deleted_rows = 'keep', mark.time_zone
    INTO v_keep, v_zone
    FROM activity_sql.setting AS setting
    CROSS JOIN activity_sql.watermark AS mark;

    FOR hour, is_run, base_rows, folded_rows, done IN
        SELECT
            difference.hour,
            difference.is_run,
            difference.base_rows,
            difference.folded_rows,
            CASE WHEN v_keep AND difference.verdict = 'pruned' THEN 'kept' ELSE 'refolded' END
        FROM activity_sql.compare_rollups(p_from, p_to) AS difference
    LOOP
        IF done = 'refolded' THEN
            PERFORM activity_sql.refold_hour(hour, is_run, v_keep);
            v_months := v_months || date_trunc('month', hour AT TIME ZONE v_zone)::date;
        END IF;
        RETURN NEXT;
    END LOOP;

    FOR v_month IN SELECT DISTINCT touched.month FROM unnest(v_months) AS touched (month) LOOP
        PERFORM activity_sql.refold_month(v_month);
    END LOOP;
END;
$function$;

COMMENT ON FUNCTION activity_sql.reconcile_rollups(timestamptz, timestamptz) IS
    'Compares as compare_rollups, and folds again what was changed (under mirror also what was '
    'pruned). One row per hour that differed: done is refolded, or kept where rows were deleted '
    'that go on counting. Outside REPEATABLE READ and SERIALIZABLE only.';

REVOKE ALL ON FUNCTION activity_sql.reconcile_rollups(timestamptz, timestamptz) FROM PUBLIC;
