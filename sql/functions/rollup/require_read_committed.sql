-- What folds needs a new snapshot for each of its statements.
--
-- Locks: none. Cost: none.
CREATE OR REPLACE FUNCTION activity_sql.require_read_committed()
    RETURNS void
    LANGUAGE plpgsql
    STABLE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION 'rows cannot be folded under %',
            upper(current_setting('transaction_isolation'))
            USING ERRCODE = 'invalid_transaction_state',
                  HINT = 'Call it in a transaction at READ COMMITTED.';
    END IF;
END;
$function$;

COMMENT ON FUNCTION activity_sql.require_read_committed() IS
    'Raises invalid_transaction_state under REPEATABLE READ and SERIALIZABLE.';

REVOKE ALL ON FUNCTION activity_sql.require_read_committed() FROM PUBLIC;
