-- Gone since; it calls a function whose header changed.
CREATE FUNCTION activity_sql.activity_level(p_score numeric)
    RETURNS text
    LANGUAGE sql
    IMMUTABLE
    PARALLEL SAFE
RETURN activity_sql.risk_level(p_score);

COMMENT ON FUNCTION activity_sql.activity_level(numeric) IS 'risk_level, by another name';

REVOKE ALL ON FUNCTION activity_sql.activity_level(numeric) FROM PUBLIC;
