-- squawk-ignore-file adding-field-with-default
-- How many accounts and addresses a row has, beside the sets: a breakdown by day shows nothing else,
-- and had to unpack every set to count it.
--
-- Locks: ACCESS EXCLUSIVE on our own table, while it is written anew: readers of the rollups wait, no
-- writer of Directus does. Cost: that table's size.
ALTER TABLE activity_sql.collection_action_rollup
ADD COLUMN action_accounts integer
GENERATED ALWAYS AS (cardinality(array_remove(accounts, 0))) STORED,
ADD COLUMN action_addresses integer
GENERATED ALWAYS AS (cardinality(array_remove(addresses, 0))) STORED;

COMMENT ON COLUMN activity_sql.collection_action_rollup.action_accounts IS
    'How many accounts are in accounts, without 0, which is none.';
COMMENT ON COLUMN activity_sql.collection_action_rollup.action_addresses IS
    'How many addresses are in addresses, without 0, which is none.';
