-- path: migrations/0001_create_hours.sql
CREATE TABLE activity_sql.hours (
    bucket timestamptz NOT NULL DEFAULT now(),
    ips text[] NOT NULL DEFAULT ARRAY[]::text[],
    total bigint CHECK (pg_catalog.abs(total) = total)
);
WITH old AS (DELETE FROM activity_sql.old_hours RETURNING bucket)
INSERT INTO activity_sql.hours (bucket) SELECT bucket FROM old;
DROP TABLE activity_sql.old_hours;
DROP FUNCTION activity_sql.old_bucket(timestamptz);
GRANT USAGE ON SCHEMA activity_sql TO reader;
DO $do$ BEGIN PERFORM count(*) FROM activity_sql.hours; END $do$;

COMMENT ON TABLE activity_sql.hours IS 'Hours.';
