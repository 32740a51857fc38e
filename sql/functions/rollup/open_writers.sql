-- The transactions that may have drawn an id and not yet shown its row.
--
-- An INSERT takes ROW EXCLUSIVE on the table before its default draws the id, and
-- its row is visible before that lock goes: whoever drew an id before this list is
-- read is in the list or has ended. Exactly that mode: VACUUM and concurrent index
-- builds hold others and write no rows. A prepared transaction has no pid. What
-- CREATE INDEX CONCURRENTLY waits for, by the same reasoning.
--
-- Locks: the lock manager's partitions, for as long as pg_locks is read.
-- Cost: grows with the locks held on the server.
CREATE OR REPLACE FUNCTION activity_sql.open_writers()
    RETURNS TABLE (virtual_transaction text, pid integer)
    LANGUAGE sql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT DISTINCT held.virtualtransaction, held.pid
    FROM pg_locks AS held
    JOIN pg_database AS here ON here.oid = held.database
    WHERE held.locktype = 'relation'
        AND here.datname = current_database()
        AND held.relation = {{ (directus ~ ".directus_activity") | literal }}::regclass
        AND held.mode = 'RowExclusiveLock'
        AND held.granted
        AND held.pid IS DISTINCT FROM pg_backend_pid()
$function$;

COMMENT ON FUNCTION activity_sql.open_writers() IS
    'The transactions that hold ROW EXCLUSIVE on directus_activity, but for the caller''s own; pid '
    'is NULL for a prepared one.';

REVOKE ALL ON FUNCTION activity_sql.open_writers() FROM PUBLIC;
