ALTER TABLE activity_sql.watermark
DROP COLUMN trailing_made_on;
