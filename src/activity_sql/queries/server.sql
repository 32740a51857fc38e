-- The server as this session sees it.
SELECT
    current_setting('server_version_num')::integer / 10000 AS major,
    current_setting('server_version') AS version,
    pg_is_in_recovery() AS is_standby,
    current_database() AS database_name,
    current_user AS role_name;
