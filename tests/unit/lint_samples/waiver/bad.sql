-- path: sql/functions/stats/get_total.sql
-- lint: allow security-definer:  -- finding
CREATE OR REPLACE FUNCTION public.get_total(p_days integer)
    RETURNS bigint
    SECURITY DEFINER
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN p_days;
END;
$function$;

COMMENT ON FUNCTION public.get_total(integer) IS 'A total.';
REVOKE ALL ON FUNCTION public.get_total(integer) FROM PUBLIC;
