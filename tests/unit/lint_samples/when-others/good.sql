-- path: sql/functions/stats/get_total.sql
CREATE OR REPLACE FUNCTION public.get_total(p_days integer)
    RETURNS bigint
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF p_days = 1 THEN
        RETURN 1;
    END IF;
    RETURN 0;
EXCEPTION
    WHEN division_by_zero THEN
        RETURN 0;
    WHEN OTHERS THEN
        FOR v_i IN 1..2 LOOP
            CONTINUE WHEN CASE WHEN v_i = 2 THEN true ELSE false END;
        END LOOP;
        EXIT WHEN p_days = 1;
        CASE p_days
            WHEN 1 THEN NULL;
        END CASE;
        DROP TABLE IF EXISTS activity_sql.batch;
        IF EXISTS (SELECT 1) THEN
            BEGIN
                NULL;
            END;
        END IF;
        RAISE;
END;
$function$;

COMMENT ON FUNCTION public.get_total(integer) IS 'A total.';
REVOKE ALL ON FUNCTION public.get_total(integer) FROM PUBLIC;
