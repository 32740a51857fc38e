-- The activity score of one address, with its reasons.
--
-- Four signals, each 0 up to its 'expected' constant, then a straight line up to
-- its cap. The caps sum to 100, so the contributions add up to the score, the
-- score is bounded, and no signal can lower it. Integer arithmetic: the same
-- digits everywhere.
--
--   signal                  expected   capped from   cap   why these
--   actions_per_user_day    200        2,000         40    a busy editor saves some 200 times
--                                                          a day; 2,000 is a script
--   delete_share            0.20       0.80          30    of at least 20 actions, so that one
--                                                          deleted draft is not a share of 1
--   collections             10         30            15    an editor works in a handful
--   action_kinds            4          8             15    create, update, login and one more
--
-- Volume alone ends at 40, the foot of medium. The two that an office of many
-- quiet editors would reach end at 30, below medium.
--
-- An address that the settings trust scores 0. Behind a proxy of our own stand many
-- people: what only adds up over them, collections and kinds of action, counts nothing.
-- Either is said in a reason of its own, and the signals are shown all the same.
--
-- An SQL-standard body, so that callers inline it and no search_path changes it.
--
-- Locks: none. Cost: none of its own.
CREATE OR REPLACE FUNCTION activity_sql.score_address(
    p_ip           text,
    p_actions      bigint,
    p_user_hours   bigint,
    p_deletes      bigint,
    p_collections  bigint,
    p_action_kinds bigint
)
    RETURNS TABLE (activity_score integer, risk_level text, risk_reasons jsonb)
    LANGUAGE sql
    STABLE
    PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        score.total,
        activity_sql.risk_level(score.total),
        CASE
            WHEN score.standing IS NULL THEN score.reasons
            ELSE jsonb_build_object(
                'signal', score.standing || '_address',
                'observed', 1,
                'expected', 0,
                'contribution', 0
            ) || score.reasons
        END
    -- A subquery with OFFSET 0 is computed once, not once for each place that names its columns.
    FROM (
        SELECT
            part.standing,
            part.volume + part.deletes + part.collections + part.action_kinds AS total,
            -- As text: four objects and an array take longer to build.
            concat(
                '[{"signal": "actions_per_user_day", "observed": ',
                round(24 * p_actions::numeric / p_user_hours, 2),
                ', "expected": 200, "contribution": ',
                part.volume,
                '}, {"signal": "delete_share", "observed": ',
                round(p_deletes::numeric / greatest(p_actions, 20), 2),
                ', "expected": 0.20, "contribution": ',
                part.deletes,
                '}, {"signal": "collections", "observed": ',
                p_collections,
                ', "expected": 10, "contribution": ',
                part.collections,
                '}, {"signal": "action_kinds", "observed": ',
                p_action_kinds,
                ', "expected": 4, "contribution": ',
                part.action_kinds,
                '}]'
            )::jsonb AS reasons
        FROM (
            SELECT
                counts.standing,
                counts.own * least(40, greatest(0,
                    40 * (24 * p_actions - 200 * p_user_hours) / (1800 * p_user_hours)))::integer
                    AS volume,
                counts.own * least(30, greatest(0,
                    30 * (10 * p_deletes - 2 * greatest(p_actions, 20))
                    / (6 * greatest(p_actions, 20))))::integer AS deletes,
                counts.shared * least(15, greatest(0, 15 * (p_collections - 10) / 20))::integer
                    AS collections,
                counts.shared * least(15, greatest(0, 15 * (p_action_kinds - 4) / 4))::integer
                    AS action_kinds
            FROM (
                SELECT
                    known.standing,
                    CASE WHEN known.standing IS DISTINCT FROM 'trusted' THEN 1 ELSE 0 END AS own,
                    CASE WHEN known.standing IS NULL THEN 1 ELSE 0 END AS shared
                FROM (
                    SELECT
                        CASE
                            WHEN setting.trusted_addresses <> '{}'
                                OR setting.proxy_addresses <> '{}'
                                THEN activity_sql.address_standing(p_ip)
                        END AS standing
                    FROM activity_sql.setting AS setting
                    OFFSET 0
                ) AS known
            ) AS counts
            OFFSET 0
        ) AS part
        OFFSET 0
    ) AS score;
END;

COMMENT ON FUNCTION activity_sql.score_address(text, bigint, bigint, bigint, bigint, bigint) IS
    'activity_score 0 to 100 of one address, its risk_level, and risk_reasons: per signal what was '
    'observed, where it starts to count (expected) and what it contributes; contributions add up '
    'to the score. Signals: actions per user and day (cap 40), share of deletes among at least 20 '
    'actions (30), collections (15), kinds of action (15). p_user_hours is users times hours of '
    'the window, where rows without a user count as one user. A first reason trusted_address says '
    'that the settings trust the address and nothing contributes, proxy_address that many people '
    'stand behind it and neither collections nor kinds of action contribute.';

REVOKE ALL ON FUNCTION activity_sql.score_address(text, bigint, bigint, bigint, bigint, bigint)
    FROM PUBLIC;
