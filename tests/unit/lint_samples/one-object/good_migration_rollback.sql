-- path: migrations/0001_create_hours.rollback.sql
DROP TABLE activity_sql.hours;
