-- path: migrations/1_hours.sql  -- finding
DELETE FROM activity_sql.hours;
