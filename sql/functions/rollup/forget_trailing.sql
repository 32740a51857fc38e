-- Late rows, and days made again: a trailing window that holds one of these days is no longer what
-- they amount to, and is not read until it is made anew.
--
-- Locks: the caller holds the watermark's row. Cost: microseconds.
CREATE OR REPLACE FUNCTION activity_sql.forget_trailing(p_days date[])
    RETURNS void
    LANGUAGE sql
    VOLATILE
    PARALLEL UNSAFE
BEGIN ATOMIC
    UPDATE activity_sql.watermark AS mark
    SET (trailing_from, trailing_to) = (
        SELECT coalesce(array_agg(ready.first), '{}'), coalesce(array_agg(ready.last), '{}')
        FROM unnest(mark.trailing_from, mark.trailing_to) AS ready (first, last)
        WHERE NOT EXISTS (
            SELECT
            FROM unnest(p_days) AS changed (day)
            WHERE changed.day >= ready.first AND changed.day <= ready.last
        )
    )
    WHERE mark.trailing_from <> '{}';
END;

COMMENT ON FUNCTION activity_sql.forget_trailing(date[]) IS
    'Takes the trailing windows that hold one of the days out of the watermark.';

REVOKE ALL ON FUNCTION activity_sql.forget_trailing(date[]) FROM PUBLIC;
