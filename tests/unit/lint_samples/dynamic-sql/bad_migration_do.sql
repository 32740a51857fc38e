-- path: migrations/0001_fill_hours.sql
DO $do$
BEGIN
    EXECUTE 'DROP TABLE activity_sql.hours';  -- finding
END;
$do$;
