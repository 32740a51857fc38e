-- activity_sql.window_rows with a number for every key, so that sets of them can be built and
-- grouped by number alone.
--
-- What no fold has seen yet is numbered from -1 down, within one call; a collection so numbered
-- has a bit of its own like any other.
--
-- An SQL-standard body, so that callers inline it, and pay for no number they do not use.
--
-- Locks: ACCESS SHARE. Cost: see activity_sql.window_rows.
CREATE OR REPLACE FUNCTION activity_sql.numbered_rows(
    p_window  activity_sql.window_parts,
    p_moments boolean DEFAULT false
)
    RETURNS SETOF activity_sql.cell
    LANGUAGE sql
    STABLE
    PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        CASE
            WHEN cell.new_ip IS NULL THEN cell.address
            ELSE -dense_rank() OVER (ORDER BY cell.new_ip)::integer
        END,
        CASE
            WHEN cell.new_user IS NULL THEN cell.account
            ELSE -dense_rank() OVER (ORDER BY cell.new_user)::integer
        END,
        CASE
            WHEN cell.new_collection IS NULL THEN cell.collection
            ELSE -dense_rank() OVER (ORDER BY cell.new_collection)::integer
        END,
        CASE
            WHEN cell.new_action IS NULL THEN cell.action
            ELSE -dense_rank() OVER (ORDER BY cell.new_action)::integer
        END,
        cell.actions,
        cell.first_seen,
        cell.last_seen,
        cell.new_ip,
        cell.new_user,
        cell.new_collection,
        cell.new_action,
        cell.moment
    FROM activity_sql.window_rows(p_window, p_moments) AS cell;
END;

COMMENT ON FUNCTION activity_sql.numbered_rows(activity_sql.window_parts, boolean) IS
    'activity_sql.window_rows, where a key that no fold has seen yet has a negative number beside '
    'its text, the same in each row. No address and no account are NULL.';

REVOKE ALL ON FUNCTION activity_sql.numbered_rows(activity_sql.window_parts, boolean) FROM PUBLIC;
