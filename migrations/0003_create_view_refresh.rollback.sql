DROP TABLE activity_sql.view_refresh;
ALTER TABLE activity_sql.setting DROP COLUMN published_days;
