-- How many rows of each key are cut out of an hour at the edges of a window, for who asks for no
-- more: activity_sql.cut_cells has the cells.
--
-- A row between the first and the last of its cell finds its key by the cell's place. Of a copy an
-- element is had at once; what is stored is unpacked for each.
--
-- Locks: ACCESS SHARE. Cost: grows with the rows of two hours.
CREATE OR REPLACE FUNCTION activity_sql.cut_counts(
    p_window activity_sql.window_parts,
    p_by     text
)
    RETURNS TABLE (hour timestamptz, number integer, actions integer)
    LANGUAGE sql
    STABLE
    PARALLEL SAFE
BEGIN ATOMIC
    WITH hours AS MATERIALIZED (
        SELECT
            hourly.hour,
            CASE
                WHEN hourly.hour = activity_sql.hour_of((p_window).cut1_from)
                    THEN (p_window).cut1_from
                ELSE (p_window).cut2_from
            END AS cut_from,
            CASE
                WHEN hourly.hour = activity_sql.hour_of((p_window).cut1_from)
                    THEN (p_window).cut1_to
                ELSE (p_window).cut2_to
            END AS cut_to,
            CASE p_by
                WHEN 'collection' THEN hourly.cell_collection
                WHEN 'action' THEN hourly.cell_action
                WHEN 'ip' THEN hourly.cell_address
                ELSE hourly.cell_account
            END || '{}'::integer[] AS keys,
            hourly.cell_actions,
            hourly.cell_first_seen,
            hourly.cell_last_seen,
            hourly.middle_cell,
            hourly.middle_seen
        FROM activity_sql.activity_hour AS hourly
        WHERE hourly.hour = activity_sql.hour_of((p_window).cut1_from)
            OR hourly.hour = activity_sql.hour_of((p_window).cut2_from)
    )
    SELECT part.hour, nullif(part.number, 0), sum(part.actions)::integer
    FROM (
        SELECT
            cell.hour,
            cell.number,
            (cell.first_seen >= cell.cut_from AND cell.first_seen < cell.cut_to)::integer
            + (
                cell.actions > 1
                AND coalesce(cell.last_seen, cell.first_seen) >= cell.cut_from
                AND coalesce(cell.last_seen, cell.first_seen) < cell.cut_to
            )::integer AS actions
        FROM (
            SELECT
                hourly.hour,
                hourly.cut_from,
                hourly.cut_to,
                unnest(hourly.keys) AS number,
                unnest(hourly.cell_actions) AS actions,
                unnest(hourly.cell_first_seen) AS first_seen,
                unnest(hourly.cell_last_seen) AS last_seen
            FROM hours AS hourly
        ) AS cell
        UNION ALL
        SELECT middle.hour, middle.keys[middle.place], 1
        FROM (
            SELECT
                hourly.hour,
                hourly.cut_from,
                hourly.cut_to,
                hourly.keys,
                unnest(hourly.middle_cell) AS place,
                unnest(hourly.middle_seen) AS seen
            FROM hours AS hourly
        ) AS middle
        WHERE middle.seen >= middle.cut_from AND middle.seen < middle.cut_to
    ) AS part
    GROUP BY part.hour, part.number
    HAVING sum(part.actions) > 0;
END;

COMMENT ON FUNCTION activity_sql.cut_counts(activity_sql.window_parts, text) IS
    'The rows per hour and key that are cut out of hours whose rows'' moments are kept. p_by: '
    'collection, action, ip or user. number: the key''s number; NULL for rows without one.';

REVOKE ALL ON FUNCTION activity_sql.cut_counts(activity_sql.window_parts, text) FROM PUBLIC;
