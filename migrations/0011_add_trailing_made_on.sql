-- A fold makes the trailing windows of a new day: it has to know of which day they are.
--
-- Locks: ACCESS EXCLUSIVE on our own table for an instant. Cost: none.
ALTER TABLE activity_sql.watermark
ADD COLUMN trailing_made_on date;

COMMENT ON COLUMN activity_sql.watermark.trailing_made_on IS
    'The day, in time_zone, on which the trailing windows were made. NULL: not made yet.';
