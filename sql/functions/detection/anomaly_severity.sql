-- One scale from the score of an anomaly to its severity.
--
-- An SQL-standard body, so that callers inline it and no search_path changes it.
--
-- Locks: none. Cost: none of its own.
CREATE OR REPLACE FUNCTION activity_sql.anomaly_severity(p_score double precision)
    RETURNS text
    LANGUAGE sql
    IMMUTABLE
    PARALLEL SAFE
RETURN CASE
    WHEN p_score >= 7 THEN 'critical'
    WHEN p_score >= 5 THEN 'high'
    WHEN p_score >= 3.5 THEN 'medium'
    WHEN p_score IS NOT NULL THEN 'low'
END;

COMMENT ON FUNCTION activity_sql.anomaly_severity(double precision) IS
    'low below 3.5 (2.8 times the expected), medium from there, high from 5 (five times), critical '
    'from 7 (nine times).';

REVOKE ALL ON FUNCTION activity_sql.anomaly_severity(double precision) FROM PUBLIC;
