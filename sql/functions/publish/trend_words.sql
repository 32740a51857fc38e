-- A number beside the one before it, in words: dashboards show text and numbers, no sums.
--
-- An SQL-standard body, so that no search_path changes it.
--
-- Locks: none. Cost: none of its own.
CREATE OR REPLACE FUNCTION activity_sql.trend_words(
    p_current  bigint,
    p_previous bigint,
    p_before   text
)
    RETURNS text
    LANGUAGE sql
    IMMUTABLE
    STRICT
    PARALLEL SAFE
RETURN CASE
    WHEN p_current = p_previous THEN format('as many as in the %s before', p_before)
    WHEN p_previous = 0 THEN format('new: none in the %s before', p_before)
    WHEN p_current > 10 * p_previous
        THEN format('▲ only %s in the %s before', p_previous, p_before)
    ELSE format(
        '%s %s %% %s than in the %s before',
        CASE WHEN p_current > p_previous THEN '▲' ELSE '▼' END,
        to_char(
            abs(p_current - p_previous) * 100::numeric / p_previous,
            CASE
                WHEN abs(p_current - p_previous) * 10 < p_previous THEN 'FM0.0'
                ELSE 'FM999,999,999,990'
            END
        ),
        CASE WHEN p_current > p_previous THEN 'more' ELSE 'fewer' END,
        p_before
    )
END;

COMMENT ON FUNCTION activity_sql.trend_words(bigint, bigint, text) IS
    'For example "▲ 12 % more than in the 7 days before"; below 10 % with one digit, '
    'above ten times only the number before.';

REVOKE ALL ON FUNCTION activity_sql.trend_words(bigint, bigint, text) FROM PUBLIC;
