-- squawk-ignore-file ban-char-field
-- Quarters of a day: so that a window's edges read five hours instead of twenty-three.
--
-- They are kept for the last months only, since hours are read in an instant where they are few,
-- and windows that begin long ago are long. activity_sql.keep_quarters makes them of the hours that
-- are kept, at the first fold or at night.
--
-- Locks: ACCESS EXCLUSIVE on our own tables for an instant. Cost: none.

ALTER TABLE activity_sql.setting
ADD COLUMN quarters_kept_days integer NOT NULL DEFAULT 100
CHECK (quarters_kept_days BETWEEN 2 AND 36500);

COMMENT ON COLUMN activity_sql.setting.quarters_kept_days IS
    'For how many days quarters of days are kept, by whole months.';

ALTER TABLE activity_sql.watermark
ADD COLUMN quarters_since date NOT NULL DEFAULT 'infinity';

COMMENT ON COLUMN activity_sql.watermark.quarters_since IS
    'From this day on the rollups hold quarters of days as well: grains 0 to 3, of six hours each '
    'from the start of the day in bucket, the last one to its end.';

ALTER TABLE activity_sql.batch
ADD COLUMN quarter "char";

COMMENT ON COLUMN activity_sql.batch.quarter IS
    'The quarter of the day, 0 to 3; NULL where none is kept.';

ALTER TYPE activity_sql.window_parts
ADD ATTRIBUTE quarter0_to date,
ADD ATTRIBUTE quarter1_from date,
ADD ATTRIBUTE quarter1_to date,
ADD ATTRIBUTE quarter2_from date,
ADD ATTRIBUTE quarter2_to date,
ADD ATTRIBUTE quarter3_from date;
