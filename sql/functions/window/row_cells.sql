-- The rows of a window's tail, which no fold has seen, and of edges that only rows can cut, as cells.
-- A key that no fold has seen yet is only in the tail: it comes as text, so that no
-- join loses it, or has a number below zero as well, so that sets can be built of numbers alone.
--
-- Days begin on a quarter of an hour in every time zone.
--
-- Locks: ACCESS SHARE. Cost: grows with those rows.
CREATE OR REPLACE FUNCTION activity_sql.row_cells(
    p_window    activity_sql.window_parts,
    p_moments   boolean DEFAULT false,
    p_action    text    DEFAULT NULL,
    p_user      uuid    DEFAULT NULL,
    p_addresses boolean DEFAULT true,
    p_numbered  boolean DEFAULT false
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
BEGIN
    IF NOT activity_sql.has_row_cells(p_window) THEN
        RETURN;
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
        CASE
            WHEN p_numbered AND address.id IS NULL AND cell.ip IS NOT NULL
                THEN -dense_rank() OVER (ORDER BY cell.ip)::integer
            ELSE address.id
        END,
        CASE
            WHEN p_numbered AND account.id IS NULL AND cell."user" IS NOT NULL
                THEN -dense_rank() OVER (ORDER BY cell."user")::integer
            ELSE account.id
        END,
        CASE
            WHEN p_numbered AND collection.id IS NULL
                THEN -dense_rank() OVER (ORDER BY cell.collection)::integer
            ELSE collection.id
        END,
        CASE
            WHEN p_numbered AND action.id IS NULL
                THEN -dense_rank() OVER (ORDER BY cell.action)::integer
            ELSE action.id
        END,
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

COMMENT ON FUNCTION activity_sql.row_cells(
    activity_sql.window_parts, boolean, text, uuid, boolean, boolean
) IS
    'The part of activity_sql.window_cells that is read from rows: what is above the watermark, and '
    'edges whose hour says too little. Arguments as activity_sql.window_rows.';

REVOKE ALL ON FUNCTION activity_sql.row_cells(
    activity_sql.window_parts, boolean, text, uuid, boolean, boolean
) FROM PUBLIC;
