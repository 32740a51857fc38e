-- path: sql/functions/stats/get_total.sql
CREATE OR REPLACE FUNCTION public.get_total(p_days integer)
    RETURNS bigint
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RAISE NOTICE 'harmless';
    RAISE WARNING 'harmless';
    RAISE EXCEPTION 'p_days is %; not allowed', p_days
        USING ERRCODE = 'invalid_parameter_value', HINT = 'Pass days.';
    RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'p_days';
    RAISE division_by_zero;
    RAISE EXCEPTION division_by_zero USING MESSAGE = 'p_days';
    RAISE SQLSTATE '22012';
    -- RAISE EXCEPTION 'a comment';
    RETURN 'RAISE EXCEPTION ''a string''';
EXCEPTION
    WHEN division_by_zero THEN
        RAISE;
END;
$function$;

COMMENT ON FUNCTION public.get_total(integer) IS 'A total.';
REVOKE ALL ON FUNCTION public.get_total(integer) FROM PUBLIC;
