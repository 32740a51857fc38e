-- squawk-ignore-file ban-char-field
-- Trailing windows: the days before today of the windows that are asked most, ready as one bucket.
--
-- Most questions are about the 7, 30 or 90 days up to now. Of 30 days, 28 are then one row per key
-- instead of some fourteen, and so of the 30 days before, with which they are compared.
-- activity_sql.keep_trailing makes them each night of the days, and when all is folded for the first
-- time.
--
-- Locks: ACCESS EXCLUSIVE on our own tables for an instant. Cost: none.

ALTER TABLE activity_sql.setting
ADD COLUMN trailing_days integer [] NOT NULL DEFAULT '{7,30,90}'
CHECK (
    array_position(trailing_days, NULL) IS NULL
    AND 3 <= ALL (trailing_days)
    AND 400 >= ALL (trailing_days)
);

COMMENT ON COLUMN activity_sql.setting.trailing_days IS
    'The windows, in days up to now, that are kept ready, each with the one before it.';

ALTER TABLE activity_sql.watermark
ADD COLUMN trailing_from date [],
ADD COLUMN trailing_to date [];

COMMENT ON COLUMN activity_sql.watermark.trailing_from IS
    'The first days of the trailing windows in the rollups: grain t, with that day as bucket. '
    'Without those that a fold has made stale. NULL: not made yet.';
COMMENT ON COLUMN activity_sql.watermark.trailing_to IS 'The last day of each of them.';

ALTER TABLE activity_sql.account_rollup
ADD COLUMN per_action integer [],
ADD COLUMN per_action_actions integer [],
ADD COLUMN active_word integer [],
ADD COLUMN active_days bigint [];

COMMENT ON COLUMN activity_sql.account_rollup.per_action IS
    'Of a trailing window: the rows per action, as parallel arrays.';
COMMENT ON COLUMN activity_sql.account_rollup.active_days IS
    'Of a trailing window: its days with a row, as bits from the left: day n since 2000-01-01 is '
    'bit n % 64 of the element whose active_word is n / 64.';

ALTER TABLE activity_sql.login_rollup
ADD COLUMN days integer;

COMMENT ON COLUMN activity_sql.login_rollup.days IS
    'Of a trailing window: how many of its days have a login.';

ALTER TYPE activity_sql.window_parts
ADD ATTRIBUTE trailing_from date,
ADD ATTRIBUTE days3_first date,
ADD ATTRIBUTE days3_last date;

COMMENT ON TABLE activity_sql.address_rollup IS
    'Per quarter of a day, day, pentad, month or trailing window (grain 0 to 3, d, p, m, t) and '
    'address: rows, collections, first and last, accounts (0: none), and per action the rows, '
    'collections, first and last as parallel arrays.';
COMMENT ON TABLE activity_sql.account_rollup IS
    'The same per account: rows, collections, addresses (0: none), first and last, and the rows per '
    'pair of collection and action as parallel arrays.';
COMMENT ON TABLE activity_sql.login_rollup IS
    'The same per account: logins, their addresses (0: none), the last.';
COMMENT ON TABLE activity_sql.collection_action_rollup IS
    'The same per collection and action: rows, first and last, accounts, addresses (0: none). Every '
    'folded row is counted here once per grain, quarters and trailing windows aside.';
