/*
what = "The rollups follow the table within minutes."
why = "Answers stay right, but what is not folded is read row by row, and retention may delete it first."
*/
SELECT
    CASE
        WHEN status.tail_rows > 1000000 OR status.lag_seconds > 86400 THEN 'CRIT'
        ELSE 'WARN'
    END AS status,
    format(
        '%s rows are not folded, the oldest of them %s old%s',
        status.tail_rows,
        date_trunc('second', status.lag_seconds * interval '1 second'),
        '; held back by ' || coalesce(
            'prepared transaction ' || status.held_by_prepared, 'process ' || status.held_by_pid
        ) || coalesce(' for ' || date_trunc('second', status.held_for), '')
    ) AS said,
    CASE
        WHEN status.held_by_prepared IS NOT NULL
            THEN format('ROLLBACK PREPARED %L;', status.held_by_prepared)
        WHEN status.held_by_pid IS NOT NULL
            THEN format('SELECT pg_terminate_backend(%s);', status.held_by_pid)
        ELSE 'activity-sql refresh, and pg_cron or activity-sql worker to go on'
    END AS mend
FROM activity_sql.rollup_status() AS status
WHERE status.settled_id IS NOT NULL
    AND (status.tail_rows > 100000 OR (status.tail_rows > 0 AND status.lag_seconds > 900));
