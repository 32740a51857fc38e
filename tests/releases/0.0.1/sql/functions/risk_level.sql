-- Another argument list than today's.
CREATE FUNCTION activity_sql.risk_level(p_score numeric, p_medium numeric DEFAULT 50)
    RETURNS text
    LANGUAGE sql
    IMMUTABLE
    PARALLEL SAFE
RETURN CASE WHEN p_score >= p_medium THEN 'medium' ELSE 'low' END;

COMMENT ON FUNCTION activity_sql.risk_level(numeric, numeric) IS 'low or medium';

REVOKE ALL ON FUNCTION activity_sql.risk_level(numeric, numeric) FROM PUBLIC;
