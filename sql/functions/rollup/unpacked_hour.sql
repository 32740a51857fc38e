-- The cells of one hour, unpacked, with the moments of their rows.
--
-- An SQL-standard body, so that callers inline it.
--
-- Locks: ACCESS SHARE. Cost: grows with the rows of the hour.
CREATE OR REPLACE FUNCTION activity_sql.unpacked_hour(p_hour timestamptz)
    RETURNS TABLE (
        hour       timestamptz,
        address    integer,
        account    integer,
        collection integer,
        action     integer,
        actions    integer,
        first_seen timestamptz,
        last_seen  timestamptz,
        seen       timestamptz[]
    )
    LANGUAGE sql
    STABLE
    PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        cell.hour,
        cell.address,
        cell.account,
        cell.collection,
        cell.action,
        cell.actions,
        cell.first_seen,
        coalesce(cell.last_seen, cell.first_seen),
        CASE
            WHEN middles.seen IS NOT NULL
                THEN cell.first_seen || middles.seen || coalesce(cell.last_seen, cell.first_seen)
        END
    FROM (
        SELECT
            hourly.hour,
            generate_subscripts(hourly.cell_address, 1) AS place,
            unnest(hourly.cell_address) AS address,
            unnest(hourly.cell_account) AS account,
            unnest(hourly.cell_collection) AS collection,
            unnest(hourly.cell_action) AS action,
            unnest(hourly.cell_actions) AS actions,
            unnest(hourly.cell_first_seen) AS first_seen,
            unnest(hourly.cell_last_seen) AS last_seen
        FROM activity_sql.activity_hour AS hourly
        WHERE hourly.hour = p_hour
    ) AS cell
    LEFT JOIN (
        SELECT middle.place, array_agg(middle.seen) AS seen
        FROM (
            SELECT unnest(hourly.middle_cell) AS place, unnest(hourly.middle_seen) AS seen
            FROM activity_sql.activity_hour AS hourly
            WHERE hourly.hour = p_hour
        ) AS middle
        GROUP BY middle.place
    ) AS middles ON middles.place = cell.place;
END;

COMMENT ON FUNCTION activity_sql.unpacked_hour(timestamptz) IS
    'The cells of activity_sql.activity_hour of this hour. seen: when each of a cell''s rows was, '
    'where it has three and more and that was kept; else NULL.';

REVOKE ALL ON FUNCTION activity_sql.unpacked_hour(timestamptz) FROM PUBLIC;
