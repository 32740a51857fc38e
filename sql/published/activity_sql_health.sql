-- What an administrator should know of the figures: how fresh they are, how far they go
-- back, which jobs failed, what is never seen. For Directus's API and dashboards.
--
-- Locks: none on what exists. Cost: a dozen rows.
CREATE TABLE {{ directus }}.activity_sql_health (
    id     integer PRIMARY KEY,
    topic  varchar(64) NOT NULL,
    status varchar(8) NOT NULL,
    detail text NOT NULL
);

COMMENT ON TABLE {{ directus }}.activity_sql_health IS
    'A row per thing to know of the figures. status: ok; warn, where detail says what is wrong; '
    'info; blind, for what the activity log does not hold. Filled by '
    'activity_sql.publish_activity; changes made here are lost.';
