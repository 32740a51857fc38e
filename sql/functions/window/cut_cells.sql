-- What is cut out of an hour at the edges of a window, from the moments that were kept of its rows.
--
-- Most cells lie inside or outside as a whole: their first and last moment say so. Of one that the cut
-- goes through, the moments between are searched, not read: they lie in the order of the cells' places,
-- and of time within one (width_bucket is a binary search). Of a copy an element is had at once; what
-- is stored is unpacked for each.
--
-- Locks: ACCESS SHARE. Cost: grows with the cells of two hours.
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
            hourly.cell_address,
            hourly.cell_account,
            hourly.cell_collection,
            hourly.cell_action,
            hourly.cell_actions,
            hourly.cell_first_seen,
            hourly.cell_last_seen,
            hourly.middle_cell || '{}'::integer[] AS middle_cell,
            hourly.middle_seen || '{}'::timestamptz[] AS middle_seen
        FROM activity_sql.activity_hour AS hourly
        WHERE hourly.hour = activity_sql.hour_of((p_window).cut1_from)
            OR hourly.hour = activity_sql.hour_of((p_window).cut2_from)
    )
    SELECT
        nullif(cell.address, 0),
        nullif(cell.account, 0),
        cell.collection,
        cell.action,
        cell.is_first::integer + cell.is_last::integer + cell.upto - cell.before,
        CASE
            WHEN cell.is_first THEN cell.first_seen
            WHEN cell.upto > cell.before THEN cell.middle_seen[cell.skipped + cell.before + 1]
            ELSE cell.last_seen
        END,
        CASE
            WHEN cell.is_last THEN cell.last_seen
            WHEN cell.upto > cell.before THEN cell.middle_seen[cell.skipped + cell.upto]
            ELSE cell.first_seen
        END,
        NULL::text,
        NULL::uuid,
        NULL::text,
        NULL::text,
        CASE WHEN p_moments THEN cell.hour END
    FROM (
        SELECT
            folded.hour,
            folded.address,
            folded.account,
            folded.collection,
            folded.action,
            folded.first_seen,
            folded.last_seen,
            folded.middle_seen,
            folded.first_seen >= folded.cut_from AND folded.first_seen < folded.cut_to AS is_first,
            folded.actions > 1
            AND folded.last_seen >= folded.cut_from
            AND folded.last_seen < folded.cut_to AS is_last,
            -- Of all the hour's moments, how many are of the cells before this one; and of its own, how
            -- many are before the cut, and before its end.
            width_bucket(folded.place - 1, folded.middle_cell) AS skipped,
            CASE
                WHEN folded.actions < 3 OR folded.first_seen >= folded.cut_from THEN 0
                WHEN folded.last_seen < folded.cut_from THEN folded.actions - 2
                ELSE width_bucket(
                    folded.cut_from - interval '1 microsecond',
                    folded.middle_seen[
                        width_bucket(folded.place - 1, folded.middle_cell) + 1
                        : width_bucket(folded.place, folded.middle_cell)
                    ]
                )
            END AS before,
            CASE
                WHEN folded.actions < 3 OR folded.first_seen >= folded.cut_to THEN 0
                WHEN folded.last_seen < folded.cut_to THEN folded.actions - 2
                ELSE width_bucket(
                    folded.cut_to - interval '1 microsecond',
                    folded.middle_seen[
                        width_bucket(folded.place - 1, folded.middle_cell) + 1
                        : width_bucket(folded.place, folded.middle_cell)
                    ]
                )
            END AS upto
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
                coalesce(packed.last_seen, packed.first_seen) AS last_seen,
                packed.middle_cell,
                packed.middle_seen
            FROM (
                SELECT
                    hourly.hour,
                    hourly.cut_from,
                    hourly.cut_to,
                    generate_subscripts(hourly.cell_address, 1) AS place,
                    unnest(hourly.cell_address) AS address,
                    unnest(hourly.cell_account) AS account,
                    unnest(hourly.cell_collection) AS collection,
                    unnest(hourly.cell_action) AS action,
                    unnest(hourly.cell_actions) AS actions,
                    unnest(hourly.cell_first_seen) AS first_seen,
                    unnest(hourly.cell_last_seen) AS last_seen,
                    hourly.middle_cell,
                    hourly.middle_seen
                FROM hours AS hourly
            ) AS packed
        ) AS folded
    ) AS cell
    WHERE cell.is_first OR cell.is_last OR cell.upto > cell.before;
END;

COMMENT ON FUNCTION activity_sql.cut_cells(activity_sql.window_parts, boolean) IS
    'The part of activity_sql.window_cells that is cut out of hours whose rows'' moments are kept.';

REVOKE ALL ON FUNCTION activity_sql.cut_cells(activity_sql.window_parts, boolean) FROM PUBLIC;
