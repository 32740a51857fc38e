-- path: sql/functions/stats/get_total.sql
CREATE OR REPLACE FUNCTION public.get_total(p_days int, p_from timestamptz, OUT total varchar(50), VARIADIC p_ips text[] DEFAULT '{}')
    RETURNS varchar
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN p_days;
END;
$function$;

COMMENT ON FUNCTION public.get_total(integer, timestamp with time zone, text[]) IS 'A total.';
REVOKE ALL ON FUNCTION public.get_total(integer, timestamp with time zone, text[]) FROM PUBLIC;
