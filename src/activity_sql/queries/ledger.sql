SELECT
    object,
    schema_name AS schema,
    lane,
    migration_id,
    checksum,
    source,
    rollback_source,
    fingerprint,
    server_major
FROM activity_sql.ledger
ORDER BY object;
