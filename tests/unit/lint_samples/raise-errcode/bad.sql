-- path: sql/functions/stats/get_total.sql
CREATE OR REPLACE FUNCTION public.get_total(p_days integer)
    RETURNS bigint
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF p_days < 1 THEN
        RAISE EXCEPTION 'p_days is %', p_days;  -- finding
    END IF;
    RAISE 'p_days';  -- finding
    RAISE EXCEPTION 'p_days'  -- finding
        USING HINT = 'Set ERRCODE.';
    RAISE USING MESSAGE = 'p_days';  -- finding
END;
$function$;

COMMENT ON FUNCTION public.get_total(integer) IS 'A total.';
REVOKE ALL ON FUNCTION public.get_total(integer) FROM PUBLIC;
