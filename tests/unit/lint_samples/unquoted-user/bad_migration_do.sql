-- path: migrations/0001_fill_hours.sql
DO $do$
BEGIN
    UPDATE activity_sql.hours SET total = 0
    WHERE "user" = user;  -- finding
END;
$do$;
