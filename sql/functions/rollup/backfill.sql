-- Fold everything there is, in bounded chunks.
--
-- Each chunk is a transaction of its own: kill it at any moment, call it again, and
-- it goes on. A procedure that commits may carry no SET clause, so every name is
-- qualified here.
--
-- Locks: as refresh_activity_rollups, for one chunk at a time.
-- Cost: reads the table once. Memory and WAL: docs/operations.md.
CREATE OR REPLACE PROCEDURE activity_sql.backfill(p_max_rows integer DEFAULT 500000)
    LANGUAGE plpgsql
AS $procedure$
DECLARE
    v_started pg_catalog.timestamptz := pg_catalog.clock_timestamp();
    v_total   pg_catalog.int8;
    v_step    record;
BEGIN
    SELECT activity_sql.lag_rows(mark.settled_id)
    INTO v_total
    FROM activity_sql.watermark AS mark;
    LOOP
        SELECT step.lag_rows, step.more
        INTO v_step
        FROM {{ directus }}.refresh_activity_rollups(p_max_rows) AS step;
        COMMIT;
        RAISE NOTICE '%', activity_sql.progress(v_started, v_total, v_step.lag_rows);
        EXIT WHEN NOT v_step.more;
    END LOOP;
    -- A chunk's cells are no small part of the rollups.
    IF activity_sql.lock_watermark(p_wait => false) THEN
        PERFORM activity_sql.empty_batch();
    END IF;
    COMMIT;
END;
$procedure$;

COMMENT ON PROCEDURE activity_sql.backfill(integer) IS
    'Calls refresh_activity_rollups until nothing settled is left, with a commit after each '
    'p_max_rows rows and a notice of the progress. Not inside a transaction block.';

REVOKE ALL ON PROCEDURE activity_sql.backfill(integer) FROM PUBLIC;
