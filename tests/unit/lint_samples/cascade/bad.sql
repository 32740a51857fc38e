-- path: migrations/0001_drop_hours.sql
DROP TABLE activity_sql.hours CASCADE;  -- finding
TRUNCATE activity_sql.days CASCADE;  -- finding
ALTER TABLE activity_sql.weeks DROP COLUMN total CASCADE;  -- finding
