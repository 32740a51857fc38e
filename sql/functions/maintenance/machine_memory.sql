-- What memory the machine has, for advice. PostgreSQL does not know it; a superuser, or
-- whoever may read the server's files, can ask Linux.
--
-- Locks: none. Cost: one small file.
CREATE OR REPLACE FUNCTION activity_sql.machine_memory()
    RETURNS bigint
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN 1024 * substring(
        pg_read_file('/proc/meminfo', 0, 1000, true) FROM 'MemTotal: +([0-9]+) kB'
    )::bigint;
EXCEPTION
    WHEN insufficient_privilege THEN
        RETURN NULL;
END;
$function$;

COMMENT ON FUNCTION activity_sql.machine_memory() IS
    'The memory of the server''s machine in bytes; NULL where the role may not read the server''s '
    'files, or there is no /proc/meminfo.';

REVOKE ALL ON FUNCTION activity_sql.machine_memory() FROM PUBLIC;
