-- What is cut out of an hour at the edges of a window, from the moments that were kept of its rows.
--
-- Of a cell the first and the last moment are in its own columns; those between are looked up only
-- for what lies inside. A cell's place is below zero in the second hour: one number to look up by.
-- Every moment has its cell: the join is FULL only so that no plan looks one up in a loop, which
-- takes as many steps as the hour has cells times moments.
--
-- Locks: ACCESS SHARE. Cost: grows with the rows of two hours.
CREATE OR REPLACE FUNCTION activity_sql.cut_cells(
    p_window  activity_sql.window_parts,
    p_moments boolean DEFAULT false
)
    RETURNS SETOF activity_sql.cell
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
            CASE WHEN hourly.hour = activity_sql.hour_of((p_window).cut1_from) THEN 1 ELSE -1 END
                AS side,
            hourly.cell_address,
            hourly.cell_account,
            hourly.cell_collection,
            hourly.cell_action,
            hourly.cell_actions,
            hourly.cell_first_seen,
            hourly.cell_last_seen,
            hourly.middle_cell,
            hourly.middle_seen
        FROM activity_sql.activity_hour AS hourly
        WHERE hourly.hour = activity_sql.hour_of((p_window).cut1_from)
            OR hourly.hour = activity_sql.hour_of((p_window).cut2_from)
    )
    SELECT
        nullif(cell.address, 0),
        nullif(cell.account, 0),
        cell.collection,
        cell.action,
        cell.is_first::integer + cell.is_last::integer + coalesce(middle.actions, 0),
        least(
            CASE WHEN cell.is_first THEN cell.first_seen END,
            middle.first_seen,
            CASE WHEN cell.is_last THEN cell.last_seen END
        ),
        greatest(
            CASE WHEN cell.is_last THEN cell.last_seen END,
            middle.last_seen,
            CASE WHEN cell.is_first THEN cell.first_seen END
        ),
        NULL::text,
        NULL::uuid,
        NULL::text,
        NULL::text,
        CASE WHEN p_moments THEN cell.hour END
    FROM (
        SELECT
            folded.hour,
            folded.place,
            folded.address,
            folded.account,
            folded.collection,
            folded.action,
            folded.first_seen,
            folded.last_seen,
            folded.first_seen >= folded.cut_from AND folded.first_seen < folded.cut_to AS is_first,
            folded.actions > 1
            AND folded.last_seen >= folded.cut_from
            AND folded.last_seen < folded.cut_to AS is_last
        FROM (
            SELECT
                packed.hour,
                packed.cut_from,
                packed.cut_to,
                packed.place,
                packed.address,
                packed.account,
                packed.collection,
                packed.action,
                packed.actions,
                packed.first_seen,
                coalesce(packed.last_seen, packed.first_seen) AS last_seen
            FROM (
                SELECT
                    hourly.hour,
                    hourly.cut_from,
                    hourly.cut_to,
                    hourly.side * generate_subscripts(hourly.cell_address, 1) AS place,
                    unnest(hourly.cell_address) AS address,
                    unnest(hourly.cell_account) AS account,
                    unnest(hourly.cell_collection) AS collection,
                    unnest(hourly.cell_action) AS action,
                    unnest(hourly.cell_actions) AS actions,
                    unnest(hourly.cell_first_seen) AS first_seen,
                    unnest(hourly.cell_last_seen) AS last_seen
                FROM hours AS hourly
            ) AS packed
        ) AS folded
    ) AS cell
    FULL JOIN (
        SELECT
            kept.place,
            count(*)::integer AS actions,
            min(kept.seen) AS first_seen,
            max(kept.seen) AS last_seen
        FROM (
            SELECT
                hourly.cut_from,
                hourly.cut_to,
                hourly.side * unnest(hourly.middle_cell) AS place,
                unnest(hourly.middle_seen) AS seen
            FROM hours AS hourly
        ) AS kept
        WHERE kept.seen >= kept.cut_from AND kept.seen < kept.cut_to
        GROUP BY kept.place
    ) AS middle ON middle.place = cell.place
    WHERE cell.is_first OR cell.is_last OR middle.actions > 0;
END;

COMMENT ON FUNCTION activity_sql.cut_cells(activity_sql.window_parts, boolean) IS
    'The part of activity_sql.window_cells that is cut out of hours whose rows'' moments are kept.';

REVOKE ALL ON FUNCTION activity_sql.cut_cells(activity_sql.window_parts, boolean) FROM PUBLIC;
