-- Everything of a window that is not in its whole days and months, as cells.
--
-- An SQL-standard body, so that callers inline it: they plan it with their own
-- window, and no row is stored in between.
--
-- Locks: ACCESS SHARE. Cost: grows with the cells of at most 46 hours, 10 where quarters
-- of days are kept, the rows of
-- two cut hours, and the tail.
CREATE OR REPLACE FUNCTION activity_sql.window_cells(
    p_window   activity_sql.window_parts,
    p_moments  boolean DEFAULT false,
    p_numbered boolean DEFAULT false
)
    RETURNS SETOF activity_sql.cell
    LANGUAGE sql
    STABLE
    PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        nullif(folded.address, 0),
        nullif(folded.account, 0),
        folded.collection,
        folded.action,
        folded.actions,
        folded.first_seen,
        coalesce(folded.last_seen, folded.first_seen),
        NULL::text,
        NULL::uuid,
        NULL::text,
        NULL::text,
        CASE WHEN p_moments THEN folded.hour END
    FROM (
        SELECT
            hourly.hour,
            unnest(hourly.cell_address) AS address,
            unnest(hourly.cell_account) AS account,
            unnest(hourly.cell_collection) AS collection,
            unnest(hourly.cell_action) AS action,
            unnest(hourly.cell_actions) AS actions,
            unnest(hourly.cell_first_seen) AS first_seen,
            unnest(hourly.cell_last_seen) AS last_seen
        FROM activity_sql.activity_hour AS hourly
        WHERE activity_sql.hour_in_window(hourly.hour, p_window)
    ) AS folded
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
    FROM activity_sql.window_rows(p_window, p_moments, p_numbered => p_numbered) AS cell;
END;

COMMENT ON FUNCTION activity_sql.window_cells(activity_sql.window_parts, boolean, boolean) IS
    'The cells of a window (activity_sql.split_window) outside its whole days and months: of its '
    'whole hours, its cut edges, and the rows above the watermark. One key may come in several '
    'cells. With p_moments each says from when it is, for series: the start of its hour, or of its '
    'quarter of an hour. p_numbered: as for activity_sql.window_rows. The excluded are left out.';

REVOKE ALL ON FUNCTION activity_sql.window_cells(activity_sql.window_parts, boolean, boolean)
    FROM PUBLIC;
