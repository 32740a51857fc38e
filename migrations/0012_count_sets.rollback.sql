ALTER TABLE activity_sql.collection_action_rollup
DROP COLUMN action_addresses,
DROP COLUMN action_accounts;
