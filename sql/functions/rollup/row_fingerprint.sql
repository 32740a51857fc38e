-- A hash of what the rollups are made of, and of the id, so that the XOR of many
-- rows changes with any of them. A new major version of PostgreSQL may hash
-- otherwise: reconcile then folds the hours whose rows are all there once more.
--
-- An SQL-standard body, so that callers inline it.
--
-- Locks: none. Cost: below a microsecond.
CREATE OR REPLACE FUNCTION activity_sql.row_fingerprint(
    p_id         bigint,
    p_action     text,
    p_user       uuid,
    p_timestamp  timestamptz,
    p_ip         text,
    p_collection text
)
    RETURNS bigint
    LANGUAGE sql
    IMMUTABLE
    PARALLEL SAFE
RETURN hash_record_extended(
    ROW(p_id, p_action, p_user, p_timestamp, p_ip, p_collection), 0
);

COMMENT ON FUNCTION activity_sql.row_fingerprint(
    bigint, text, uuid, timestamptz, text, text
) IS
    'A 64-bit hash of one row of directus_activity.';

REVOKE ALL ON FUNCTION activity_sql.row_fingerprint(
    bigint, text, uuid, timestamptz, text, text
) FROM PUBLIC;
