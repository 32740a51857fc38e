-- A window's cut edges, and the rows of its tail, which no fold has seen, as cells.
-- A key that no fold has seen yet is only in the tail: it comes as text, so that no
-- join loses it.
--
-- Days begin on a quarter of an hour in every time zone.
--
-- Locks: ACCESS SHARE. Cost: grows with the rows of two cut hours and the tail.
CREATE OR REPLACE FUNCTION activity_sql.window_rows(
    p_window    activity_sql.window_parts,
    p_moments   boolean DEFAULT false,
    p_action    text    DEFAULT NULL,
    p_user      uuid    DEFAULT NULL,
    p_addresses boolean DEFAULT true
)
    RETURNS SETOF activity_sql.cell
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
    v_settled          bigint := p_window.settled_id;
    v_excluded_actions text[];
    v_excluded_users   uuid[];
    v_action           integer;
    v_account          integer;
BEGIN
    IF p_window.cut1_from IS NOT NULL OR p_window.cut2_from IS NOT NULL THEN
        SELECT action.id
        INTO v_action
        FROM activity_sql.action AS action
        WHERE action.name = p_action;
        SELECT account.id
        INTO v_account
        FROM activity_sql.account AS account
        WHERE account.user_id = p_user;

        RETURN QUERY
        SELECT
            CASE WHEN p_addresses THEN cell.address END,
            cell.account,
            cell.collection,
            cell.action,
            cell.actions,
            cell.first_seen,
            cell.last_seen,
            cell.new_ip,
            cell.new_user,
            cell.new_collection,
            cell.new_action,
            cell.moment
        FROM activity_sql.cut_cells(p_window, p_moments) AS cell
        WHERE (p_action IS NULL OR cell.action = v_action)
            AND (p_user IS NULL OR cell.account = v_account);
    END IF;

    SELECT mark.excluded_actions, mark.excluded_users
    INTO v_excluded_actions, v_excluded_users
    FROM activity_sql.watermark AS mark;

    RETURN QUERY
    WITH seen AS (
        SELECT
            activity.ip::text COLLATE "C" AS ip,
            activity."user",
            activity.collection::text COLLATE "C" AS collection,
            activity.action::text COLLATE "C" AS action,
            activity."timestamp"
        FROM {{ directus }}.directus_activity AS activity
        WHERE (v_settled IS NULL OR activity.id > v_settled)
            AND activity."timestamp" >= p_window.window_from
            AND (p_window.window_to IS NULL OR activity."timestamp" < p_window.window_to)
            AND activity.action <> ALL (v_excluded_actions)
            AND (activity."user" IS NULL OR activity."user" <> ALL (v_excluded_users))
        UNION ALL
        SELECT
            activity.ip::text COLLATE "C",
            activity."user",
            activity.collection::text COLLATE "C",
            activity.action::text COLLATE "C",
            activity."timestamp"
        FROM {{ directus }}.directus_activity AS activity
        WHERE activity.id <= v_settled
            AND activity."timestamp" >= p_window.rows1_from
            AND activity."timestamp" < p_window.rows1_to
            AND activity.action <> ALL (v_excluded_actions)
            AND (activity."user" IS NULL OR activity."user" <> ALL (v_excluded_users))
        UNION ALL
        SELECT
            activity.ip::text COLLATE "C",
            activity."user",
            activity.collection::text COLLATE "C",
            activity.action::text COLLATE "C",
            activity."timestamp"
        FROM {{ directus }}.directus_activity AS activity
        WHERE activity.id <= v_settled
            AND activity."timestamp" >= p_window.rows2_from
            AND activity."timestamp" < p_window.rows2_to
            AND activity.action <> ALL (v_excluded_actions)
            AND (activity."user" IS NULL OR activity."user" <> ALL (v_excluded_users))
        UNION ALL
        SELECT
            archived.ip COLLATE "C",
            archived."user",
            archived.collection COLLATE "C",
            archived.action COLLATE "C",
            archived."timestamp"
        FROM activity_sql.activity_archive AS archived
        WHERE (
                (
                    archived."timestamp" >= p_window.archived1_from
                    AND archived."timestamp" < p_window.archived1_to
                )
                OR (
                    archived."timestamp" >= p_window.archived2_from
                    AND archived."timestamp" < p_window.archived2_to
                )
            )
            AND archived.action <> ALL (v_excluded_actions)
            AND (archived."user" IS NULL OR archived."user" <> ALL (v_excluded_users))
    ),
    cells AS MATERIALIZED (
        SELECT
            CASE WHEN p_addresses THEN seen.ip END AS ip,
            seen."user",
            seen.collection,
            seen.action,
            count(*)::integer AS actions,
            min(seen."timestamp") AS first_seen,
            max(seen."timestamp") AS last_seen,
            CASE
                WHEN p_moments
                    THEN date_bin('15 minutes', seen."timestamp", '2000-01-01 00:00:00+00')
            END AS moment
        FROM seen
        WHERE (p_action IS NULL OR seen.action = p_action)
            AND (p_user IS NULL OR seen."user" = p_user)
        GROUP BY 1, seen."user", seen.collection, seen.action, moment
    ),
    -- Of all keys only the addresses are many: each is looked up once.
    addresses AS MATERIALIZED (
        SELECT address.id, address.ip
        FROM (SELECT DISTINCT cell.ip FROM cells AS cell) AS cell
        JOIN activity_sql.address AS address ON address.ip = cell.ip
    )
    SELECT
        address.id,
        account.id,
        collection.id,
        action.id,
        cell.actions,
        cell.first_seen,
        cell.last_seen,
        CASE WHEN address.id IS NULL THEN cell.ip END,
        CASE WHEN account.id IS NULL THEN cell."user" END,
        CASE WHEN collection.id IS NULL THEN cell.collection END,
        CASE WHEN action.id IS NULL THEN cell.action END,
        cell.moment
    FROM cells AS cell
    LEFT JOIN addresses AS address ON address.ip = cell.ip
    LEFT JOIN activity_sql.account AS account ON account.user_id = cell."user"
    LEFT JOIN activity_sql.collection AS collection ON collection.name = cell.collection
    LEFT JOIN activity_sql.action AS action ON action.name = cell.action;
END;
$function$;

COMMENT ON FUNCTION activity_sql.window_rows(
    activity_sql.window_parts, boolean, text, uuid, boolean
) IS
    'The part of activity_sql.window_cells that is read from rows: cut edges, and what is above the '
    'watermark. The excluded are left out; p_action and p_user, where not NULL, ask for theirs only; '
    'without p_addresses no address is looked up, and none is told.';

REVOKE ALL ON FUNCTION activity_sql.window_rows(
    activity_sql.window_parts, boolean, text, uuid, boolean
) FROM PUBLIC;
