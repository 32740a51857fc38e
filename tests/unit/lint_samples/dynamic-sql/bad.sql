-- path: sql/functions/stats/get_total.sql
CREATE OR REPLACE FUNCTION public.get_total(p_days integer)
    RETURNS bigint
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_total bigint;
    v_table text := 'hours';
BEGIN
    EXECUTE 'SELECT count(*) FROM ' || v_table INTO v_total;  -- finding
    EXECUTE v_table;  -- finding
    EXECUTE format('SELECT 1') || ' FROM x' INTO v_total;  -- finding
    FOR v_total IN EXECUTE v_table LOOP  -- finding
        NULL;
    END LOOP;
    RETURN v_total;
END;
$function$;

COMMENT ON FUNCTION public.get_total(integer) IS 'A total.';
REVOKE ALL ON FUNCTION public.get_total(integer) FROM PUBLIC;
