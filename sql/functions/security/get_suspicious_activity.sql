-- Addresses with many actions in the last p_hours hours, busiest first.
--
-- Judged as get_ip_activity_stats judges them, by actions per user and day: an hour
-- is a 24th of a day.
--
-- An SQL-standard body, so that callers inline it: what they do not select is not computed.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT.
-- Cost: grows with the hours (over days: the days) and addresses in the window, not
-- with its rows.
CREATE OR REPLACE FUNCTION {{ directus }}.get_suspicious_activity(
    p_hours     integer     DEFAULT 1,
    p_threshold integer     DEFAULT 100,
    p_as_of     timestamptz DEFAULT NULL
)
    RETURNS TABLE (
        ip                   varchar(50),
        action_count         bigint,
        distinct_collections bigint,
        distinct_actions     bigint,
        unique_users         bigint,
        risk_level           text,
        risk_reasons         jsonb,
        last_seen            timestamptz
    )
    LANGUAGE sql
    STABLE
    PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        busy.ip::varchar(50),
        busy.actions,
        busy.collections,
        busy.kinds,
        busy.users,
        score.risk_level,
        score.risk_reasons,
        busy.last_seen
    FROM activity_sql.busy_addresses(p_hours, p_threshold, p_as_of) AS busy
    CROSS JOIN LATERAL activity_sql.score_address(
        busy.ip,
        busy.actions,
        busy.actors * p_hours,
        busy.deletes,
        busy.collections,
        busy.kinds
    ) AS score
    ORDER BY busy.actions DESC, busy.ip COLLATE "C";
END;

COMMENT ON FUNCTION {{ directus }}.get_suspicious_activity(integer, integer, timestamptz) IS
    'Addresses with at least p_threshold actions in the last p_hours hours, busiest first. With '
    'p_as_of the window is [p_as_of - p_hours, p_as_of), without it everything since now() - '
    'p_hours. Rows without an address form no row. risk_level and risk_reasons are those of '
    'activity_sql.score_address; actions per user and day are projected from the window: 50 '
    'actions of one user in one hour are 1,200 a day. Raises invalid_parameter_value for an '
    'argument out of range.';

REVOKE ALL ON FUNCTION {{ directus }}.get_suspicious_activity(integer, integer, timestamptz)
    FROM PUBLIC;
