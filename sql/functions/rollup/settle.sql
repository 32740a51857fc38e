-- Up to which id no row can appear any more.
--
-- First the last id drawn, then the list of writers: whoever drew an id up to it is
-- in the list or has ended. With nobody in the list it is settled. Otherwise it is
-- kept as the candidate, which is settled once none of its writers is left; the
-- writers of the moment are then the next one's. Two statements, in this order, so
-- the function must stay VOLATILE.
--
-- Locks: those of open_writers; the caller holds the watermark's row.
-- Cost: reads the lock table once.
CREATE OR REPLACE FUNCTION activity_sql.settle()
    RETURNS bigint
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_sequence regclass := activity_sql.activity_sequence();
    v_last     bigint;
    v_writers  text[];
    v_mark     activity_sql.watermark;
    v_renamed  boolean;
BEGIN
    v_last := activity_sql.last_drawn_id(v_sequence);
    v_writers := ARRAY(
        SELECT writer.virtual_transaction
        FROM activity_sql.open_writers() AS writer
    );

    SELECT
        mark.settled_id,
        mark.candidate_id,
        mark.candidate_holders
    INTO
        v_mark.settled_id,
        v_mark.candidate_id,
        v_mark.candidate_holders
    FROM activity_sql.watermark AS mark;

    IF v_last < greatest(v_mark.settled_id, v_mark.candidate_id) THEN
        RAISE EXCEPTION
            'the rollups stand still: rows up to id % were seen, and % has drawn only up to %',
            greatest(v_mark.settled_id, v_mark.candidate_id), v_sequence, v_last
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = format('If the rows are still there, set the sequence: SELECT '
                      'setval(%L, %s). If the table was emptied or restored, SELECT '
                      'activity_sql.restart_ids() keeps the history, SELECT '
                      'activity_sql.rebuild_rollups() counts what is there.',
                      v_sequence::text, greatest(v_mark.settled_id, v_mark.candidate_id));
    END IF;

    IF v_writers = '{}' THEN
        UPDATE activity_sql.watermark
        SET candidate_id = NULL, candidate_holders = NULL;
        RETURN v_last;
    END IF;

    -- Recovery from a crash gives every transaction that it finds prepared a name of this
    -- kind: one that the candidate does not know may be one of its own.
    v_renamed := EXISTS (
        SELECT FROM unnest(v_writers) AS writer (name)
        WHERE writer.name LIKE '-1/%' AND writer.name <> ALL (v_mark.candidate_holders)
    );
    IF v_mark.candidate_holders && v_writers AND NOT v_renamed THEN
        RETURN v_mark.settled_id;
    END IF;
    UPDATE activity_sql.watermark
    SET candidate_id = v_last, candidate_holders = v_writers;
    RETURN CASE
        WHEN v_renamed THEN v_mark.settled_id
        ELSE coalesce(v_mark.candidate_id, v_mark.settled_id)
    END;
END;
$function$;

COMMENT ON FUNCTION activity_sql.settle() IS
    'The id up to which every row is visible or never will be; NULL where none is known yet. Raises '
    'object_not_in_prerequisite_state, with the mend as its hint, where that cannot be known.';

REVOKE ALL ON FUNCTION activity_sql.settle() FROM PUBLIC;
