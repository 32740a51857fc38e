-- path: sql/functions/stats/get_total.sql
CREATE FUNCTION public.get_total()
    RETURNS bigint
    LANGUAGE sql
    STABLE
    PARALLEL SAFE
BEGIN ATOMIC
    SELECT 1;
    SELECT count(*) FROM public.directus_activity;  -- finding
END;

COMMENT ON FUNCTION public.get_total() IS 'A total.';
REVOKE ALL ON FUNCTION public.get_total() FROM PUBLIC;
