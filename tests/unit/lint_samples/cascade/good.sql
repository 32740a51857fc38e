-- path: migrations/0001_create_hours.sql
DROP TABLE IF EXISTS activity_sql.old_hours;
CREATE TABLE activity_sql.hours (
    bucket timestamptz NOT NULL,
    day bigint REFERENCES activity_sql.days (id) ON DELETE CASCADE ON UPDATE CASCADE
);
ALTER TABLE activity_sql.hours
    DROP CONSTRAINT hours_day_fkey,
    ADD FOREIGN KEY (day) REFERENCES activity_sql.days (id) ON DELETE CASCADE;
REVOKE ALL ON TABLE activity_sql.hours FROM reader CASCADE;

COMMENT ON TABLE activity_sql.hours IS 'DROP TABLE x CASCADE';
