-- path: sql/functions/rollup/fold_hours.sql
CREATE OR REPLACE PROCEDURE public.fold_hours(INOUT p_rows bigint DEFAULT 0)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $procedure$
BEGIN
    CREATE TEMP TABLE batch (id bigint) ON COMMIT DROP;
END;
$procedure$;

COMMENT ON PROCEDURE public.fold_hours(bigint) IS 'Fold.';
REVOKE ALL ON PROCEDURE public.fold_hours(bigint) FROM PUBLIC;
