-- The most engaged users, for Directus's API and dashboards; see activity_sql_hours.
--
-- Locks: none on what exists. Cost: 100 rows.
CREATE TABLE {{ directus }}.activity_sql_users (
    id               uuid PRIMARY KEY,
    place            integer NOT NULL,
    name             varchar(110) NOT NULL,
    actions          integer NOT NULL,
    active_days      integer NOT NULL,
    collections_used integer NOT NULL,
    unique_ips       integer NOT NULL,
    engagement_score integer NOT NULL,
    engagement_level varchar(8) NOT NULL,
    trend_percent    numeric,
    first_seen       timestamptz NOT NULL,
    last_seen        timestamptz NOT NULL
);

COMMENT ON TABLE {{ directus }}.activity_sql_users IS
    'The 100 most engaged users of the last 30 days as get_user_engagement_metrics has them, place '
    '1 the most engaged. id: the user''s own; name: first and last name, or the start of the id '
    'where there is none or setting.publish_names is off. Filled by activity_sql.publish_activity; '
    'changes made here are lost.';
