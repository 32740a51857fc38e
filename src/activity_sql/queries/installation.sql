SELECT directus_schema, tool_version, installed_at, changed_at
FROM activity_sql.installation;
