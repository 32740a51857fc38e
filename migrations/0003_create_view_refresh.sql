-- What each materialized view was last made from.
--
-- Locks: none on what exists. Cost: none.

CREATE TABLE activity_sql.view_refresh (
    view text PRIMARY KEY,
    source_digest text NOT NULL,
    refreshed_at timestamptz NOT NULL
);

COMMENT ON TABLE activity_sql.view_refresh IS
    'One row per materialized view that activity_sql.refresh_view has refreshed: when, and a '
    'digest of the hours that it was made from.';
