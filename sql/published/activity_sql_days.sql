-- Activity by day and action, for Directus's API and dashboards; see activity_sql_hours.
--
-- Locks: none on what exists. Cost: a row per day and action with activity.
CREATE TABLE {{ directus }}.activity_sql_days (
    id           varchar(100) PRIMARY KEY,
    day          date NOT NULL,
    action       varchar(45) NOT NULL,
    actions      integer NOT NULL,
    unique_users integer NOT NULL,
    unique_ips   integer NOT NULL
);

COMMENT ON TABLE {{ directus }}.activity_sql_days IS
    'Actions, distinct users and distinct addresses per day of the reporting time zone (UTC unless '
    'set otherwise) and action: today and the 90 days before (setting.published_days). id: the day '
    'and the action. Filled by activity_sql.publish_activity; changes made here are lost.';
