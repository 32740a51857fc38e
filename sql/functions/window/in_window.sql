-- Whether a bucket of a rollup is one of the window's whole ones.
--
-- An SQL-standard body: callers inline it, and its parts become index conditions.
--
-- Locks: none. Cost: none of its own.
CREATE OR REPLACE FUNCTION activity_sql.in_window(
    p_grain  "char",
    p_bucket date,
    p_window activity_sql.window_parts
)
    RETURNS boolean
    LANGUAGE sql
    IMMUTABLE
    PARALLEL SAFE
RETURN (
    p_grain = 'm'
    AND p_bucket >= (p_window).month_first
    AND p_bucket <= (p_window).month_last
) OR (
    p_grain = 'p'
    AND p_bucket >= (p_window).pentads1_first
    AND p_bucket <= (p_window).pentads1_last
) OR (
    p_grain = 'p'
    AND p_bucket >= (p_window).pentads2_first
    AND p_bucket <= (p_window).pentads2_last
) OR (
    p_grain = 'd'
    AND p_bucket >= (p_window).days1_first
    AND p_bucket <= (p_window).days1_last
) OR (
    p_grain = 'd'
    AND p_bucket >= (p_window).days2_first
    AND p_bucket <= (p_window).days2_last
) OR (
    p_grain = 't' AND p_bucket = (p_window).trailing_from
) OR (
    p_grain = 'd'
    AND p_bucket >= (p_window).days3_first
    AND p_bucket <= (p_window).days3_last
) OR (
    p_grain = '0' AND p_bucket = (p_window).quarter0_to
) OR (
    p_grain = '1' AND p_bucket = (p_window).quarter1_from
) OR (
    p_grain = '1' AND p_bucket = (p_window).quarter1_to
) OR (
    p_grain = '2' AND p_bucket = (p_window).quarter2_from
) OR (
    p_grain = '2' AND p_bucket = (p_window).quarter2_to
) OR (
    p_grain = '3' AND p_bucket = (p_window).quarter3_from
);

COMMENT ON FUNCTION activity_sql.in_window("char", date, activity_sql.window_parts) IS
    'Whether the bucket of this grain counts whole in the window; not true for hours and rows.';

REVOKE ALL ON FUNCTION activity_sql.in_window("char", date, activity_sql.window_parts) FROM PUBLIC;
