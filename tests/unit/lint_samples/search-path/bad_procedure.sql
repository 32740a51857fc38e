-- path: sql/functions/rollup/fold_hours.sql
CREATE OR REPLACE PROCEDURE public.fold_hours(INOUT p_rows bigint DEFAULT 0)  -- finding
    LANGUAGE plpgsql
AS $procedure$
BEGIN
    DELETE FROM activity_sql.hours;
END;
$procedure$;

COMMENT ON PROCEDURE public.fold_hours(bigint) IS 'Fold.';
REVOKE ALL ON PROCEDURE public.fold_hours(bigint) FROM PUBLIC;
