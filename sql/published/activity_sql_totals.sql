-- One row of headline figures, for Directus's API and dashboards; see activity_sql_hours.
--
-- Locks: none on what exists. Cost: one row.
CREATE TABLE {{ directus }}.activity_sql_totals (
    id                 integer PRIMARY KEY CHECK (id = 1),
    published_at       timestamptz NOT NULL,
    covered_since      timestamptz,
    rows_since         timestamptz,
    folded_at          timestamptz,
    lag_rows           integer NOT NULL,
    lag_seconds        integer NOT NULL,
    actions_24h        integer NOT NULL,
    actions_24h_before integer NOT NULL,
    trend_24h          varchar(100) NOT NULL,
    actions_7d         integer NOT NULL,
    actions_7d_before  integer NOT NULL,
    trend_7d           varchar(100) NOT NULL,
    actions_30d        integer NOT NULL,
    actions_30d_before integer NOT NULL,
    trend_30d          varchar(100) NOT NULL,
    users_24h          integer NOT NULL,
    users_7d           integer NOT NULL,
    users_30d          integer NOT NULL,
    addresses_24h      integer NOT NULL,
    addresses_7d       integer NOT NULL,
    addresses_30d      integer NOT NULL,
    logins_7d          integer NOT NULL,
    deletes_7d         integer NOT NULL,
    alerts_24h         integer NOT NULL,
    alerts_7d          integer NOT NULL,
    alerts_high_7d     integer NOT NULL
);

COMMENT ON TABLE {{ directus }}.activity_sql_totals IS
    'One row, id 1. actions_, users_, addresses_: of the last 24 hours, 7 days, 30 days; _before: '
    'of as long before; trend_: the one against the other, in words. alerts_high_7d: of severity '
    'high or critical. covered_since: how far back figures go; rows_since: single rows; lag_rows, '
    'lag_seconds: rows that are not folded yet, and the age of the oldest. Filled by '
    'activity_sql.publish_activity; changes made here are lost.';
