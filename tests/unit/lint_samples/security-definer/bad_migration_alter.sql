-- path: migrations/0001_fill_hours.sql
ALTER FUNCTION activity_sql.bucket(timestamptz) SECURITY DEFINER;  -- finding
