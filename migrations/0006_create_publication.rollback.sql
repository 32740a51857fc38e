DROP TABLE activity_sql.placed_row;
DROP TABLE activity_sql.alert;
DROP TABLE activity_sql.published_hour;
DROP TABLE activity_sql.publication;
ALTER TABLE activity_sql.setting
DROP COLUMN publish_names,
DROP COLUMN mask_addresses;
