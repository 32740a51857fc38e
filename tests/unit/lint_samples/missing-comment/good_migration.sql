-- path: migrations/0001_create_hours.sql
CREATE SCHEMA activity_sql;
CREATE TYPE activity_sql.severity AS ENUM ('low', 'high');
CREATE DOMAIN activity_sql.score AS integer CHECK (VALUE BETWEEN 0 AND 100);
CREATE TABLE activity_sql.hours (bucket timestamptz NOT NULL, total bigint NOT NULL);
CREATE INDEX hours_total ON activity_sql.hours (total);

COMMENT ON SCHEMA activity_sql IS 'State.';
COMMENT ON TYPE activity_sql.severity IS 'Severity.';
COMMENT ON DOMAIN activity_sql.score IS 'Score.';
COMMENT ON TABLE activity_sql.hours IS 'Hours.';
COMMENT ON INDEX activity_sql.hours_total IS 'For the top list.';
