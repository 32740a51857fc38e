/*
what = "The jobs run, and go well."
why = "They keep the rollups and the views fresh, and make the next months' partitions."
*/
SELECT
    'CRIT' AS status,
    format('%s: %s', job.name, coalesce(job.last_said, 'failed')) AS said,
    format('SELECT * FROM activity_sql.run_job(%L);', job.name) AS mend
FROM activity_sql.job AS job
WHERE job.last_status = 'failed'
UNION ALL
SELECT
    'WARN',
    format('%s runs every minute and last ran %s', job.name, coalesce(job.last_run::text, 'never')),
    'Install pg_cron and migrate again, or keep activity-sql worker running.'
FROM activity_sql.job AS job
CROSS JOIN activity_sql.installation AS installation
WHERE job.name = 'refresh-activity-rollups'
    AND coalesce(job.last_run, installation.installed_at) < now() - interval '10 minutes';
