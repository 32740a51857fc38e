-- Activity by UTC hour and collection, for Directus's API and dashboards.
--
-- Directus reads tables with a single-column key, and no views. varchar, so that it takes
-- the texts for strings; integer, since it hands out bigint as text.
--
-- Locks: none on what exists. Cost: a row per hour and collection with activity.
CREATE TABLE {{ directus }}.activity_sql_hours (
    id           varchar(100) PRIMARY KEY,
    hour         timestamptz NOT NULL,
    collection   varchar(64) NOT NULL,
    actions      integer NOT NULL,
    unique_users integer NOT NULL,
    unique_ips   integer NOT NULL
);

COMMENT ON TABLE {{ directus }}.activity_sql_hours IS
    'Actions, distinct users and distinct addresses per UTC hour and collection, of the last 90 '
    'days (setting.published_days). id: the hour and the collection. Filled by '
    'activity_sql.publish_activity; changes made here are lost.';
