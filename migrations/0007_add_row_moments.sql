-- The moments of all rows of a cell, where its first and last do not say them: so an hour can be
-- cut anywhere when its rows are gone, and faster than they are read while they are there.
--
-- Hours that were folded before this keep NULL, and are cut as before, by their rows. The lists of
-- all other hours are complete.
--
-- Locks: ACCESS EXCLUSIVE on our own tables for an instant. Cost: none.

ALTER TABLE activity_sql.activity_hour
ADD COLUMN middle_cell integer [],
ADD COLUMN middle_seen timestamptz [];

COMMENT ON COLUMN activity_sql.activity_hour.middle_cell IS
    'The cells of three rows and more, by their place in the parallel arrays, as often as they '
    'have rows between the first and the last; NULL where these moments were not kept.';

COMMENT ON COLUMN activity_sql.activity_hour.middle_seen IS
    'When each of the rows of middle_cell was.';

ALTER TABLE activity_sql.batch
ADD COLUMN seen timestamptz [];

COMMENT ON COLUMN activity_sql.batch.seen IS
    'When each of the cell''s rows was, of three and more; NULL where first_seen and last_seen say '
    'it, or nobody knows.';

ALTER TYPE activity_sql.window_parts
ADD ATTRIBUTE cut1_from timestamptz,
ADD ATTRIBUTE cut1_to timestamptz,
ADD ATTRIBUTE cut2_from timestamptz,
ADD ATTRIBUTE cut2_to timestamptz;
