-- From how many networks some users came by the hour, or how many users some addresses had.
--
-- Locks: ACCESS SHARE. Cost: grows with the cells of the hours.
CREATE OR REPLACE FUNCTION activity_sql.hourly_spread(
    p_by       text,
    p_subjects text[],
    p_from     timestamptz,
    p_until    timestamptz,
    p_near     timestamptz DEFAULT NULL
)
    RETURNS TABLE (subject text, hours timestamptz[], counts integer[])
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    v_from      timestamptz := activity_sql.hour_of(p_from);
    v_until     timestamptz := activity_sql.hour_of(p_until);
    v_mark      activity_sql.watermark;
    v_hours     timestamptz[];
    v_accounts  integer[];
    v_addresses integer[];
BEGIN
    IF p_subjects = '{}' THEN
        RETURN;
    END IF;
    SELECT mark.settled_id, mark.excluded_actions, mark.excluded_users
    INTO v_mark.settled_id, v_mark.excluded_actions, v_mark.excluded_users
    FROM activity_sql.watermark AS mark;
    IF p_near IS NOT NULL THEN
        v_hours := activity_sql.hours_near(v_from, v_until, p_near);
    END IF;
    IF p_by = 'user' THEN
        v_accounts := ARRAY(
            SELECT account.id
            FROM activity_sql.account AS account
            WHERE account.user_id = ANY (p_subjects::uuid[])
        );
    ELSE
        v_addresses := ARRAY(
            SELECT address.id
            FROM activity_sql.address AS address
            WHERE address.ip = ANY (p_subjects)
        );
    END IF;

    RETURN QUERY
    WITH folded AS (
        SELECT DISTINCT cell.hour, cell.account, cell.address
        FROM (
            SELECT
                hourly.hour,
                unnest(hourly.cell_account) AS account,
                unnest(hourly.cell_address) AS address
            FROM activity_sql.activity_hour AS hourly
            WHERE p_by = 'user'
                AND hourly.hour >= v_from
                AND hourly.hour < v_until
                AND (v_hours IS NULL OR hourly.hour = ANY (v_hours))
                AND hourly.per_account && v_accounts
        ) AS cell
        WHERE cell.account = ANY (v_accounts)
        UNION ALL
        -- Cells are sorted by address.
        SELECT DISTINCT hourly.hour, unnest(hourly.cell_account[span.first:span.last]), wanted.id
        FROM activity_sql.activity_hour AS hourly
        CROSS JOIN unnest(v_addresses) AS wanted (id)
        CROSS JOIN LATERAL (
            SELECT min(found.place) AS first, max(found.place) AS last
            FROM unnest(array_positions(hourly.cell_address, wanted.id)) AS found (place)
        ) AS span
        WHERE p_by = 'ip'
            AND hourly.hour >= v_from
            AND hourly.hour < v_until
            AND (v_hours IS NULL OR hourly.hour = ANY (v_hours))
            AND wanted.id = ANY (hourly.per_address)
    ),
    met AS (
        SELECT folded.hour, account.user_id::text AS "user", address.ip
        FROM folded
        JOIN activity_sql.account AS account ON account.id = folded.account
        JOIN activity_sql.address AS address ON address.id = folded.address
        UNION
        SELECT
            activity_sql.hour_of(activity."timestamp"),
            activity."user"::text,
            activity.ip::text COLLATE "C"
        FROM {{ directus }}.directus_activity AS activity
        WHERE (v_mark.settled_id IS NULL OR activity.id > v_mark.settled_id)
            AND activity."timestamp" >= v_from
            AND activity."timestamp" < v_until
            AND activity.action <> ALL (v_mark.excluded_actions)
            AND activity."user" <> ALL (v_mark.excluded_users)
            AND activity.ip IS NOT NULL
    ),
    sides AS (
        SELECT DISTINCT
            met.hour,
            CASE WHEN p_by = 'user' THEN met."user" ELSE met.ip END AS subject,
            CASE WHEN p_by = 'user' THEN activity_sql.network_of(met.ip) ELSE met."user" END
                AS other
        FROM met
        WHERE CASE WHEN p_by = 'user' THEN met."user" ELSE met.ip END = ANY (p_subjects)
            AND (v_hours IS NULL OR met.hour = ANY (v_hours))
    )
    SELECT
        hourly.subject,
        array_agg(hourly.hour ORDER BY hourly.hour),
        array_agg(hourly.others ORDER BY hourly.hour)
    FROM (
        SELECT side.subject, side.hour, count(side.other)::integer AS others
        FROM sides AS side
        GROUP BY side.subject, side.hour
        HAVING count(side.other) > 0
    ) AS hourly
    GROUP BY hourly.subject;
END;
$function$;

COMMENT ON FUNCTION activity_sql.hourly_spread(
    text, text [], timestamptz, timestamptz, timestamptz
) IS
    'Per subject its hours of the clock in [p_from, p_until), ascending, and in each, of a user, '
    'the networks it came from (p_by user), of an address, its users (p_by ip). With p_near only '
    'hours near its time of day. Rows without an address or a user do not count.';

REVOKE ALL ON FUNCTION activity_sql.hourly_spread(
    text, text [], timestamptz, timestamptz, timestamptz
) FROM PUBLIC;
