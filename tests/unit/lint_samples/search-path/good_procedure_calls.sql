-- path: sql/functions/rollup/fold_hours.sql
CREATE OR REPLACE PROCEDURE public.fold_hours(INOUT p_rows bigint DEFAULT 0)
    LANGUAGE plpgsql
AS $procedure$
BEGIN
    CALL public.fold_days();  -- which commits
END;
$procedure$;

COMMENT ON PROCEDURE public.fold_hours(bigint) IS 'Fold.';
REVOKE ALL ON PROCEDURE public.fold_hours(bigint) FROM PUBLIC;
