-- Failed logins are kept as long as hours of activity are.
--
-- Locks: the rows. Cost: an index range.
CREATE OR REPLACE FUNCTION activity_sql.drop_old_auth_events()
    RETURNS bigint
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_deleted bigint;
BEGIN
    DELETE FROM activity_sql.auth_event AS old
    USING activity_sql.setting AS setting
    WHERE old."timestamp" < now() - make_interval(days => setting.hours_kept_days);
    GET DIAGNOSTICS v_deleted = ROW_COUNT;
    RETURN v_deleted;
END;
$function$;

COMMENT ON FUNCTION activity_sql.drop_old_auth_events() IS
    'Deletes failed logins that are older than setting.hours_kept_days, and returns how many.';

REVOKE ALL ON FUNCTION activity_sql.drop_old_auth_events() FROM PUBLIC;
