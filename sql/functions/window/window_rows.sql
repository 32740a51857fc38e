-- A window's cut edges and its tail, as cells.
--
-- An SQL-standard body, so that callers inline it, and no row is stored in between.
--
-- Locks: ACCESS SHARE. Cost: grows with the rows of two cut hours and the tail.
CREATE OR REPLACE FUNCTION activity_sql.window_rows(
    p_window    activity_sql.window_parts,
    p_moments   boolean DEFAULT false,
    p_action    text    DEFAULT NULL,
    p_user      uuid    DEFAULT NULL,
    p_addresses boolean DEFAULT true,
    p_numbered  boolean DEFAULT false
)
    RETURNS SETOF activity_sql.cell
    LANGUAGE sql
    STABLE
    PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        CASE WHEN p_addresses THEN cut.address END,
        cut.account,
        cut.collection,
        cut.action,
        cut.actions,
        cut.first_seen,
        cut.last_seen,
        cut.new_ip,
        cut.new_user,
        cut.new_collection,
        cut.new_action,
        cut.moment
    FROM activity_sql.cut_cells(p_window, p_moments) AS cut
    WHERE (
            p_action IS NULL
            OR cut.action = (
                SELECT action.id FROM activity_sql.action AS action WHERE action.name = p_action
            )
        )
        AND (
            p_user IS NULL
            OR cut.account = (
                SELECT account.id
                FROM activity_sql.account AS account
                WHERE account.user_id = p_user
            )
        )
    UNION ALL
    SELECT
        cell.address,
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
    FROM activity_sql.row_cells(
        p_window, p_moments, p_action, p_user, p_addresses, p_numbered
    ) AS cell;
END;

COMMENT ON FUNCTION activity_sql.window_rows(
    activity_sql.window_parts, boolean, text, uuid, boolean, boolean
) IS
    'The part of activity_sql.window_cells that is in no whole hour: cut edges, and what is above '
    'the watermark. The excluded are left out; p_action and p_user, where not NULL, ask for theirs '
    'only; without p_addresses no address is looked up, and none is told; with p_numbered a key '
    'that no fold has seen yet has a negative number beside its text, the same in each row.';

REVOKE ALL ON FUNCTION activity_sql.window_rows(
    activity_sql.window_parts, boolean, text, uuid, boolean, boolean
) FROM PUBLIC;
