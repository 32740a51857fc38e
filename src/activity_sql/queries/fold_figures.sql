SELECT
    coalesce((SELECT sum(hourly.actions) FROM activity_sql.activity_hour AS hourly), 0)::bigint
        AS rows,
    status.rollup_bytes,
    status.table_bytes
FROM activity_sql.rollup_status() AS status;
