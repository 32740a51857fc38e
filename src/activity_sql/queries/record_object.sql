INSERT INTO activity_sql.ledger (
    object, schema_name, lane, migration_id, checksum, source, rollback_source, fingerprint,
    server_major
)
VALUES (
    %(object)s, %(schema)s, %(lane)s, %(migration_id)s, %(checksum)s, %(source)s,
    %(rollback_source)s, %(fingerprint)s,
    current_setting('server_version_num')::integer / 10000
)
ON CONFLICT (object) DO UPDATE SET
    schema_name = excluded.schema_name,
    migration_id = excluded.migration_id,
    checksum = excluded.checksum,
    source = excluded.source,
    rollback_source = excluded.rollback_source,
    fingerprint = excluded.fingerprint,
    server_major = excluded.server_major,
    deployed_at = excluded.deployed_at,
    deployed_by = excluded.deployed_by;
