-- The cells of the hours since a moment, unpacked, for the materialized views.
--
-- An SQL-standard body, so that callers inline it.
--
-- Locks: ACCESS SHARE on activity_sql.activity_hour. Cost: grows with the cells.
CREATE OR REPLACE FUNCTION activity_sql.hour_cells(p_since timestamptz)
    RETURNS TABLE (
        hour       timestamptz,
        address    integer,
        account    integer,
        collection integer,
        action     integer,
        actions    integer
    )
    LANGUAGE sql
    STABLE
    PARALLEL SAFE
BEGIN ATOMIC
    SELECT
        hourly.hour,
        nullif(unnest(hourly.cell_address), 0),
        nullif(unnest(hourly.cell_account), 0),
        unnest(hourly.cell_collection),
        unnest(hourly.cell_action),
        unnest(hourly.cell_actions)
    FROM activity_sql.activity_hour AS hourly
    WHERE hourly.hour >= p_since;
END;

COMMENT ON FUNCTION activity_sql.hour_cells(timestamptz) IS
    'Every folded row since p_since, the start of an hour, as cells: so many actions of one '
    'address, account (NULL: none), collection and action within an hour.';

REVOKE ALL ON FUNCTION activity_sql.hour_cells(timestamptz) FROM PUBLIC;
