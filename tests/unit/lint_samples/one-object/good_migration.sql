-- path: migrations/0001_fill_hours.sql
DELETE FROM activity_sql.hours;
