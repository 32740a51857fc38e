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
