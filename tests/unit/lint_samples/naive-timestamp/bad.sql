-- path: migrations/0001_create_hours.sql
CREATE TABLE activity_sql.hours (
    bucket timestamp NOT NULL,  -- finding
    filled timestamp(3) without time zone,  -- finding
    kept timestamp(3) with time zone
);

COMMENT ON TABLE activity_sql.hours IS 'Hours.';
