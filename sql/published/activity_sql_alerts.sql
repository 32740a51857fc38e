-- The alerts of the last 7 days, for Directus's API and dashboards; see
-- activity_sql_addresses.
--
-- Locks: none on what exists. Cost: a row per alert.
CREATE TABLE {{ directus }}.activity_sql_alerts (
    id           integer PRIMARY KEY,
    detected_at  timestamptz NOT NULL,
    alert_type   varchar(64) NOT NULL,
    severity     varchar(8) NOT NULL,
    subject_type varchar(32) NOT NULL,
    subject      varchar(255) NOT NULL,
    ip           varchar(50),
    action_count integer,
    risk_level   varchar(8),
    reason       text NOT NULL
);

COMMENT ON TABLE {{ directus }}.activity_sql_alerts IS
    'The alerts of the last 7 days, hour by hour. id: a number of our own that stays with the '
    'alert; subject: who or what it is about, an address as its network unless '
    'setting.mask_addresses is off; reason: why, in a sentence. Computed at most every five '
    'minutes. Filled by activity_sql.publish_activity; changes made here are lost.';
