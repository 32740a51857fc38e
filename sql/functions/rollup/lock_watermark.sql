-- One at a time changes the rollups: the holder of the watermark's row.
--
-- Locks: that row, FOR UPDATE, to the end of the transaction. Cost: one row.
CREATE OR REPLACE FUNCTION activity_sql.lock_watermark(p_wait boolean)
    RETURNS boolean
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF p_wait THEN
        PERFORM FROM activity_sql.watermark AS mark FOR UPDATE;
    ELSE
        PERFORM FROM activity_sql.watermark AS mark FOR UPDATE SKIP LOCKED;
    END IF;
    RETURN FOUND;
END;
$function$;

COMMENT ON FUNCTION activity_sql.lock_watermark(boolean) IS
    'Locks the watermark to the end of the transaction. False where another session has it and '
    'p_wait is false.';

REVOKE ALL ON FUNCTION activity_sql.lock_watermark(boolean) FROM PUBLIC;
