-- path: sql/functions/stats/get_total.sql
CREATE OR REPLACE FUNCTION public.get_total(p_days integer)
    RETURNS bigint
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_from timestamp(3) with time zone := now();
    v_to   timestamptz := TIMESTAMP WITH TIME ZONE 'today';
BEGIN
    -- a timestamp
    RETURN (
        SELECT count(*) FROM public.directus_activity AS da
        WHERE da."timestamp" >= v_from AND da."timestamp" < v_to AND 'timestamp' <> ''
    );
END;
$function$;

COMMENT ON FUNCTION public.get_total(integer) IS 'A total.';
REVOKE ALL ON FUNCTION public.get_total(integer) FROM PUBLIC;
