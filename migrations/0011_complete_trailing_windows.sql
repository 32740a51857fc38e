-- A fold makes the trailing windows of a new day: it has to know of which day they are. And they know
-- how many accounts and addresses a collection has, which does not add up over its actions.
--
-- Locks: ACCESS EXCLUSIVE on our own tables for an instant. Cost: none; what is there is made anew by
-- the next fold.
ALTER TABLE activity_sql.watermark
ADD COLUMN trailing_made_on date;

COMMENT ON COLUMN activity_sql.watermark.trailing_made_on IS
    'The day, in time_zone, on which the trailing windows were made. NULL: not made yet.';

ALTER TABLE activity_sql.collection_action_rollup
ADD COLUMN collection_accounts integer,
ADD COLUMN collection_addresses integer;

COMMENT ON COLUMN activity_sql.collection_action_rollup.collection_accounts IS
    'Of a trailing window: how many accounts its collection has, whatever the action.';
COMMENT ON COLUMN activity_sql.collection_action_rollup.collection_addresses IS
    'Of a trailing window: how many addresses its collection has, whatever the action.';

UPDATE activity_sql.watermark
SET trailing_from = '{}', trailing_to = '{}'
WHERE trailing_from <> '{}';
