ALTER TABLE activity_sql.collection_action_rollup
DROP COLUMN collection_addresses,
DROP COLUMN collection_accounts;
ALTER TABLE activity_sql.watermark
DROP COLUMN trailing_made_on;
