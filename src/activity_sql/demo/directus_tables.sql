-- The tables of a Directus 12 database that matter to activity_sql, for a demo and for tests without
-- a Directus. Created in the first schema of the search path unless they are there.
-- directus_activity and directus_revisions are as Directus 12 has them, indexes and all; the others
-- hold their main columns and no keys to tables that are left out here.

CREATE TABLE IF NOT EXISTS directus_users (
    id uuid PRIMARY KEY,
    first_name varchar(50),
    last_name varchar(50),
    email varchar(128) UNIQUE,
    password varchar(255),
    location varchar(255),
    title varchar(50),
    description text,
    tags json,
    avatar uuid,
    language varchar(255),
    tfa_secret varchar(255),
    status varchar(16) NOT NULL DEFAULT 'active',
    role uuid,
    token varchar(255) UNIQUE,
    last_access timestamptz,
    last_page varchar(255),
    provider varchar(128) NOT NULL DEFAULT 'default',
    external_identifier varchar(255) UNIQUE,
    auth_data json,
    email_notifications boolean DEFAULT true
);

CREATE TABLE IF NOT EXISTS directus_collections (
    collection varchar(64) PRIMARY KEY,
    icon varchar(64),
    note text,
    display_template varchar(255),
    hidden boolean NOT NULL DEFAULT false,
    singleton boolean NOT NULL DEFAULT false,
    translations json,
    accountability varchar(255) DEFAULT 'all',
    color varchar(255),
    sort integer,
    "group" varchar(64) REFERENCES directus_collections (collection),
    collapse varchar(255) NOT NULL DEFAULT 'open',
    versioning boolean NOT NULL DEFAULT false
);

CREATE TABLE IF NOT EXISTS directus_settings (
    id serial PRIMARY KEY,
    project_name varchar(100) NOT NULL DEFAULT 'Directus',
    project_url varchar(255),
    project_color varchar(255) NOT NULL DEFAULT '#6644FF',
    default_language varchar(255) NOT NULL DEFAULT 'en-US',
    default_appearance varchar(255) NOT NULL DEFAULT 'auto'
);

-- "user" references nothing: the uuids of deleted users stay.
CREATE TABLE IF NOT EXISTS directus_activity (
    id serial PRIMARY KEY,
    action varchar(45) NOT NULL,
    "user" uuid,
    "timestamp" timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    ip varchar(50),
    user_agent text,
    collection varchar(64) NOT NULL,
    item varchar(255) NOT NULL,
    origin varchar(255)
);

CREATE INDEX IF NOT EXISTS directus_activity_timestamp_index
    ON directus_activity ("timestamp");

CREATE TABLE IF NOT EXISTS directus_revisions (
    id serial PRIMARY KEY,
    activity integer NOT NULL
        CONSTRAINT directus_revisions_activity_foreign
        REFERENCES directus_activity (id) ON DELETE CASCADE,
    collection varchar(64) NOT NULL,
    item varchar(255) NOT NULL,
    data json,
    delta json,
    parent integer
        CONSTRAINT directus_revisions_parent_foreign
        REFERENCES directus_revisions (id),
    version uuid
);

CREATE INDEX IF NOT EXISTS directus_revisions_activity_index
    ON directus_revisions (activity);

CREATE INDEX IF NOT EXISTS directus_revisions_parent_index
    ON directus_revisions (parent);
