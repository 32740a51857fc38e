-- Make room for the next fold's cells. A dump holds a lock on every table for as
-- long as it takes, and nobody is to wait for it.
--
-- Locks: ACCESS EXCLUSIVE on activity_sql.batch if it is free, else ROW EXCLUSIVE.
-- Cost: one file, or the last fold's cells.
CREATE OR REPLACE FUNCTION activity_sql.empty_batch()
    RETURNS void
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    LOCK TABLE activity_sql.batch IN ACCESS EXCLUSIVE MODE NOWAIT;
    TRUNCATE activity_sql.batch;
EXCEPTION
    WHEN lock_not_available THEN
        DELETE FROM activity_sql.batch;
END;
$function$;

COMMENT ON FUNCTION activity_sql.empty_batch() IS 'Empties activity_sql.batch without waiting.';

REVOKE ALL ON FUNCTION activity_sql.empty_batch() FROM PUBLIC;
