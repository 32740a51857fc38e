COMMENT ON TABLE activity_sql.address_rollup IS
    'Per day, pentad or month and address: rows, collections, first and last, accounts (0: none), '
    'and per action the rows, collections, first and last as parallel arrays.';
COMMENT ON TABLE activity_sql.account_rollup IS
    'Per day, pentad or month and account: rows, collections, addresses (0: none), first and last, '
    'and the rows per pair of collection and action as parallel arrays.';
COMMENT ON TABLE activity_sql.login_rollup IS
    'Per day, pentad or month and account: logins, their addresses (0: none), the last.';
COMMENT ON TABLE activity_sql.collection_action_rollup IS
    'Per day, pentad or month, collection and action: rows, first and last, accounts, addresses '
    '(0: none). Every folded row is counted here once per grain.';
DELETE FROM activity_sql.address_rollup
WHERE grain = 't';
DELETE FROM activity_sql.account_rollup
WHERE grain = 't';
DELETE FROM activity_sql.login_rollup
WHERE grain = 't';
DELETE FROM activity_sql.collection_action_rollup
WHERE grain = 't';
ALTER TYPE activity_sql.window_parts
DROP ATTRIBUTE days3_last,
DROP ATTRIBUTE days3_first,
DROP ATTRIBUTE trailing_from;
ALTER TABLE activity_sql.login_rollup
DROP COLUMN days;
ALTER TABLE activity_sql.account_rollup
DROP COLUMN active_days,
DROP COLUMN active_word,
DROP COLUMN per_action_actions,
DROP COLUMN per_action;
ALTER TABLE activity_sql.watermark
DROP COLUMN trailing_to,
DROP COLUMN trailing_from;
ALTER TABLE activity_sql.setting
DROP COLUMN trailing_days;
