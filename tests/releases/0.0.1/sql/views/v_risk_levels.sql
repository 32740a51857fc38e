-- Gone since; a view on a function whose header changed.
CREATE VIEW {{ directus }}.v_risk_levels AS
SELECT score, activity_sql.risk_level(score) AS risk_level
FROM generate_series(0::numeric, 100) AS score;

COMMENT ON VIEW {{ directus }}.v_risk_levels IS 'Every score with its level.';
