-- The pentad of a day: the 1st, 6th, 11th, 16th, 21st or 26th of its month.
--
-- Five days, the last of a month three to six, as meteorologists count: unlike a week
-- it is a part of one month, which can so be made again with all of its buckets. A
-- window of 30 days is five of them and four days instead of 29 days.
--
-- An SQL-standard body, so that callers inline it and no search_path changes it.
--
-- Locks: none. Cost: none.
CREATE OR REPLACE FUNCTION activity_sql.pentad_start(p_day date)
    RETURNS date
    LANGUAGE sql
    IMMUTABLE
    PARALLEL SAFE
RETURN CASE
    WHEN isfinite(p_day)
        THEN p_day - (
            extract(day FROM p_day)::integer - 1
            - 5 * least((extract(day FROM p_day)::integer - 1) / 5, 5)
        )
    ELSE p_day
END;

COMMENT ON FUNCTION activity_sql.pentad_start(date) IS
    'The first day of the pentad that p_day is in: the 1st, 6th, 11th, 16th, 21st or 26th of its '
    'month; an infinite day is its own.';

REVOKE ALL ON FUNCTION activity_sql.pentad_start(date) FROM PUBLIC;
