-- One vocabulary for scores from 0 to 100, wherever a level is shown.
--
-- An SQL-standard body is resolved when it is created, so no search_path can
-- change it, and callers inline it.
--
-- Locks: none. Cost: none of its own.
CREATE OR REPLACE FUNCTION activity_sql.risk_level(p_score integer)
    RETURNS text
    LANGUAGE sql
    IMMUTABLE
    PARALLEL SAFE
RETURN CASE
    WHEN p_score >= 90 THEN 'critical'
    WHEN p_score >= 70 THEN 'high'
    WHEN p_score >= 40 THEN 'medium'
    WHEN p_score >= 0 THEN 'low'
END;

COMMENT ON FUNCTION activity_sql.risk_level(integer) IS
    'low 0-39, medium 40-69, high 70-89, critical 90-100; NULL for NULL or a negative score.';

REVOKE ALL ON FUNCTION activity_sql.risk_level(integer) FROM PUBLIC;
