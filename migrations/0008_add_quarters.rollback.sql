DELETE FROM activity_sql.address_rollup
WHERE grain < 'd';
DELETE FROM activity_sql.account_rollup
WHERE grain < 'd';
DELETE FROM activity_sql.login_rollup
WHERE grain < 'd';
DELETE FROM activity_sql.collection_action_rollup
WHERE grain < 'd';
ALTER TYPE activity_sql.window_parts
DROP ATTRIBUTE quarter3_from,
DROP ATTRIBUTE quarter2_to,
DROP ATTRIBUTE quarter2_from,
DROP ATTRIBUTE quarter1_to,
DROP ATTRIBUTE quarter1_from,
DROP ATTRIBUTE quarter0_to;
ALTER TABLE activity_sql.batch
DROP COLUMN quarter;
ALTER TABLE activity_sql.watermark
DROP COLUMN quarters_since;
ALTER TABLE activity_sql.setting
DROP COLUMN quarters_kept_days;
