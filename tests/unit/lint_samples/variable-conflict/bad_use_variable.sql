-- path: sql/functions/stats/get_total.sql
CREATE OR REPLACE FUNCTION public.get_total(p_days integer)  -- finding
    RETURNS TABLE (ip varchar(50), total bigint)
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_variable
BEGIN
    RETURN QUERY SELECT h.ip, h.total FROM activity_sql.hours AS h;
END;
$function$;

COMMENT ON FUNCTION public.get_total(integer) IS 'A total.';
REVOKE ALL ON FUNCTION public.get_total(integer) FROM PUBLIC;
