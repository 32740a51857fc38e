-- Another result than today's, and what it calls changes its arguments.
CREATE FUNCTION activity_sql.score_address(
    p_actions      bigint,
    p_user_days    bigint,
    p_deletes      bigint,
    p_collections  bigint,
    p_action_kinds bigint
)
    RETURNS text
    LANGUAGE sql
    IMMUTABLE
    PARALLEL SAFE
RETURN activity_sql.risk_level(p_actions / p_user_days);

COMMENT ON FUNCTION activity_sql.score_address(bigint, bigint, bigint, bigint, bigint) IS 'a level';

REVOKE ALL ON FUNCTION activity_sql.score_address(bigint, bigint, bigint, bigint, bigint)
    FROM PUBLIC;
