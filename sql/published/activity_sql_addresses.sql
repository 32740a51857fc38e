-- The busiest addresses with their risk, for Directus's API and dashboards; see
-- activity_sql_hours.
--
-- The key is a number of our own: two addresses of one network stay two rows, and nobody
-- reads an address off a key.
--
-- Locks: none on what exists. Cost: 100 rows.
CREATE TABLE {{ directus }}.activity_sql_addresses (
    id                 integer PRIMARY KEY,
    place              integer NOT NULL,
    ip                 varchar(50) NOT NULL,
    actions            integer NOT NULL,
    unique_collections integer NOT NULL,
    unique_users       integer NOT NULL,
    activity_score     integer NOT NULL,
    risk_level         varchar(8) NOT NULL,
    reason             text NOT NULL,
    first_seen         timestamptz NOT NULL,
    last_seen          timestamptz NOT NULL
);

COMMENT ON TABLE {{ directus }}.activity_sql_addresses IS
    'The 100 busiest addresses of the last 7 days as get_ip_activity_stats has them, place 1 the '
    'busiest. id: a number of our own that stays with the address. ip: its network, /24 or /48, '
    'unless setting.mask_addresses is off; reason: what its activity_score is made of. Filled by '
    'activity_sql.publish_activity; changes made here are lost.';
