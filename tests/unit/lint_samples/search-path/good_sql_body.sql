-- path: sql/functions/stats/get_risk.sql
CREATE FUNCTION public.get_risk(p_total bigint)
    RETURNS integer
    LANGUAGE sql
    IMMUTABLE
    PARALLEL SAFE
    RETURN CASE WHEN p_total > 1000 THEN 3 ELSE 1 END;

COMMENT ON FUNCTION public.get_risk(bigint) IS 'Risk.';
REVOKE ALL ON FUNCTION public.get_risk(bigint) FROM PUBLIC;
