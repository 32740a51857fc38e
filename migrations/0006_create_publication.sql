-- What is published for Directus's own API and dashboards, and from what it was made.
--
-- Locks: ACCESS EXCLUSIVE on our settings for an instant. Cost: none.

ALTER TABLE activity_sql.setting
ADD COLUMN mask_addresses boolean NOT NULL DEFAULT true,
ADD COLUMN publish_names boolean NOT NULL DEFAULT true;

COMMENT ON COLUMN activity_sql.setting.mask_addresses IS
    'Whether the published tables show networks (/24, /48) instead of addresses.';

COMMENT ON COLUMN activity_sql.setting.publish_names IS
    'Whether the published tables show the names of users, or only the start of their ids.';

CREATE TABLE activity_sql.publication (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    settings text,
    figures_at timestamptz,
    alerts_at timestamptz
);

COMMENT ON TABLE activity_sql.publication IS
    'One row: the settings that were published with, when the figures of moving windows and when '
    'the alerts were last computed.';

INSERT INTO activity_sql.publication DEFAULT VALUES;

CREATE TABLE activity_sql.published_hour (
    hour timestamptz PRIMARY KEY,
    actions integer NOT NULL,
    fingerprint bigint NOT NULL,
    alerts_fingerprint bigint
);

COMMENT ON TABLE activity_sql.published_hour IS
    'The hours that are published, as activity_hour had them then; alerts_fingerprint: as it had '
    'them when their alerts were computed.';

CREATE TABLE activity_sql.alert (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hour timestamptz NOT NULL,
    alert_type text NOT NULL,
    severity text NOT NULL,
    subject_type text NOT NULL,
    subject text COLLATE "C" NOT NULL,
    ip text,
    action_count bigint,
    risk_level text,
    detected_at timestamptz NOT NULL,
    details jsonb NOT NULL,
    UNIQUE (hour, alert_type, subject_type, subject)
);

COMMENT ON TABLE activity_sql.alert IS
    'The alerts of the last 7 days by the UTC hour that was judged, with addresses as they are. '
    'Published masked.';

CREATE TABLE activity_sql.placed_row (
    relation text NOT NULL,
    id text NOT NULL,
    content jsonb NOT NULL,
    PRIMARY KEY (relation, id)
);

COMMENT ON TABLE activity_sql.placed_row IS
    'The rows that we put into Directus''s own tables (dashboards, panels, a policy), as we wrote '
    'them: what differs from it was edited by a user.';
