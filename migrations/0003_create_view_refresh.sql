-- How far back the materialized views go, and what each was last made from.
--
-- Locks: ACCESS EXCLUSIVE on our own one-row table of settings. Cost: none.

ALTER TABLE activity_sql.setting
ADD COLUMN published_days integer NOT NULL DEFAULT 90 CHECK (published_days BETWEEN 1 AND 36500);

COMMENT ON COLUMN activity_sql.setting.published_days IS
    'how many days mv_activity_hourly_stats, mv_activity_collection_stats and '
    'mv_activity_daily_summary go back; hours no further than they are kept.';

CREATE TABLE activity_sql.view_refresh (
    view text PRIMARY KEY,
    source_digest text NOT NULL,
    refreshed_at timestamptz NOT NULL
);

COMMENT ON TABLE activity_sql.view_refresh IS
    'One row per materialized view that activity_sql.refresh_view has refreshed: when, and a '
    'digest of the hours that it was made from.';
