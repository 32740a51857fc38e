INSERT INTO activity_sql.installation (directus_schema, tool_version)
VALUES (%(directus_schema)s, %(tool_version)s)
ON CONFLICT (only_one) DO UPDATE SET
    tool_version = excluded.tool_version,
    changed_at = excluded.changed_at;
