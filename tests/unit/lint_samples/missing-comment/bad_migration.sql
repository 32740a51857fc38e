-- path: migrations/0001_create_hours.sql
CREATE TABLE activity_sql.hours (bucket timestamptz NOT NULL);  -- finding
CREATE TYPE activity_sql.severity AS ENUM ('low', 'high');  -- finding
CREATE INDEX ON activity_sql.hours (bucket);  -- finding

COMMENT ON TABLE activity_sql.hours IS NULL;
