-- What is deployed here, in the words of its own source.
--
-- yoyo's tables beside these say which migration ids are applied and when.
-- The ledger keeps what yoyo does not: the text that ran, its checksum, and what
-- the catalog looked like afterwards, so that an edited file, a function changed
-- by hand or a stray grant is noticed instead of overwritten.
--
-- Locks: none on any table of Directus. Cost: none.

COMMENT ON SCHEMA activity_sql IS
    'Analytics on directus_activity: its state, its helpers and its ledger. Owned by the tool '
    'activity-sql; `activity-sql uninstall` removes it.';

CREATE TABLE activity_sql.installation (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    directus_schema text NOT NULL,
    tool_version text NOT NULL,
    installed_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE activity_sql.installation IS
    'One row: the schema of the Directus this package serves, and the version that deployed last.';

CREATE TABLE activity_sql.ledger (
    object text PRIMARY KEY,
    schema_name text,
    lane text NOT NULL CHECK (lane IN ('state', 'definition')),
    migration_id text NOT NULL UNIQUE,
    checksum text NOT NULL,
    source text NOT NULL,
    rollback_source text,
    fingerprint text,
    server_major integer,
    deployed_at timestamptz NOT NULL DEFAULT now(),
    deployed_by text NOT NULL DEFAULT session_user
);

COMMENT ON TABLE activity_sql.ledger IS
    'What is deployed: one row per state migration and per definition. checksum: SHA-256 of the '
    'source that ran; fingerprint: SHA-256 of the object as the catalog of server_major showed it.';
