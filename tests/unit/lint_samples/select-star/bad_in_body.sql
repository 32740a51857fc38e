-- path: sql/functions/stats/get_total.sql
CREATE OR REPLACE FUNCTION public.get_total(p_days integer)
    RETURNS SETOF activity_sql.hours
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN QUERY
        SELECT DISTINCT * FROM activity_sql.hours;  -- finding
    RETURN QUERY
        SELECT DISTINCT ON (h.bucket)
            *  -- finding
        FROM activity_sql.hours AS h;
    RETURN QUERY SELECT*FROM activity_sql.hours;  -- finding
END;
$function$;

COMMENT ON FUNCTION public.get_total(integer) IS 'A total.';
REVOKE ALL ON FUNCTION public.get_total(integer) FROM PUBLIC;
