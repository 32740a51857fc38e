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
BEGIN
    EXECUTE format('SELECT count(*) FROM %I.%I', 'a', 'c') INTO v_total;
    EXECUTE pg_catalog.format('SELECT $1 FROM %I', 'c') USING 'a' || 'b';
    FOR v_total IN EXECUTE format('SELECT 1') LOOP
        v_total := ('1' || '2')::bigint;
    END LOOP;
    GRANT EXECUTE ON FUNCTION public.get_total(integer) TO reader;
    -- EXECUTE v_sql
    RETURN v_total;
END;
$function$;

COMMENT ON FUNCTION public.get_total(integer) IS 'A total.';
REVOKE ALL ON FUNCTION public.get_total(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.get_total(integer) TO reader;
