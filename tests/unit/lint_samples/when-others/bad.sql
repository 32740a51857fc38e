-- path: sql/functions/stats/get_total.sql
CREATE OR REPLACE FUNCTION public.get_total(p_days integer)
    RETURNS bigint
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    BEGIN
        RETURN 1;
    EXCEPTION
        WHEN OTHERS THEN  -- finding
            IF p_days = 1 THEN
                DROP TABLE IF EXISTS activity_sql.batch;
            END IF;
            LOOP
                NULL;
            END LOOP;
            CASE p_days
                WHEN 1 THEN NULL;
            END CASE;
        WHEN division_by_zero THEN
            RAISE;
    END;
    BEGIN
        RETURN 1;
    EXCEPTION
        WHEN division_by_zero OR OTHERS THEN NULL;  -- finding
    END;
    RAISE SQLSTATE '22012';
EXCEPTION
    WHEN OTHERS THEN  -- finding
        RAISE WARNING 'swallowed: %', SQLERRM;
        RETURN NULL;
END;
$function$;

COMMENT ON FUNCTION public.get_total(integer) IS 'A total.';
REVOKE ALL ON FUNCTION public.get_total(integer) FROM PUBLIC;
