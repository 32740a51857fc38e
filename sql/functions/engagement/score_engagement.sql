-- The engagement score of one user.
--
-- Four parts, each a straight line from 0 up to its cap. The caps sum to 100, so the
-- score is bounded, and no part can lower it. Integer arithmetic: the same digits
-- everywhere.
--
--   part                       full from            cap   why there
--   active days                5 days in 7          40    a working week
--   actions per active day     50                   20    a quarter of a busy editor's day
--   collections                10                   20    an editor works in a handful
--   longest streak             5 days, or p_days    20    a working week without a gap
--
-- An SQL-standard body, so that callers inline it and no search_path changes it.
--
-- Locks: none. Cost: none of its own.
CREATE OR REPLACE FUNCTION activity_sql.score_engagement(
    p_days           integer,
    p_active_days    bigint,
    p_actions        bigint,
    p_collections    bigint,
    p_longest_streak integer
)
    RETURNS TABLE (
        engagement_score integer,
        engagement_level text,
        of_active_days   integer,
        of_actions       integer,
        of_collections   integer,
        of_streak        integer
    )
    LANGUAGE sql
    IMMUTABLE
    PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        score.total,
        CASE
            WHEN score.total >= 70 THEN 'high'
            WHEN score.total >= 40 THEN 'regular'
            WHEN score.total >= 10 THEN 'low'
            ELSE 'inactive'
        END,
        part.of_active_days,
        part.of_actions,
        part.of_collections,
        part.of_streak
    FROM (
        SELECT
            least(40, 56 * p_active_days / p_days)::integer AS of_active_days,
            least(20, 20 * p_actions / (50 * p_active_days))::integer AS of_actions,
            least(20, 2 * p_collections)::integer AS of_collections,
            least(20, 20 * p_longest_streak / least(p_days, 5))::integer AS of_streak
    ) AS part
    CROSS JOIN LATERAL (
        SELECT part.of_active_days + part.of_actions + part.of_collections + part.of_streak AS total
    ) AS score;
END;

COMMENT ON FUNCTION activity_sql.score_engagement(integer, bigint, bigint, bigint, integer) IS
    'engagement_score 0 to 100 of one user, the sum of four parts, each rounded down: '
    'of_active_days, 56 times the share of p_days that were active, at most 40 (five days in '
    'seven); of_actions, 20 times actions per active day / 50, at most 20; of_collections, 2 '
    'each, at most 20; of_streak, 20 times the longest streak / 5 days (of a shorter window, / '
    'p_days), at most 20. Called with a row of get_user_engagement_metrics it shows that row''s '
    'parts. engagement_level: inactive 0-9, low 10-39, regular 40-69, high 70-100. p_active_days '
    'is at least 1.';

REVOKE ALL ON FUNCTION activity_sql.score_engagement(integer, bigint, bigint, bigint, integer)
    FROM PUBLIC;
