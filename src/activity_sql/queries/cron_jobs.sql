-- Our jobs of that database as pg_cron has them; it shows a role its own only.
SELECT job.jobid, job.jobname, job.schedule, job.command, job.active
FROM cron.job AS job
WHERE job.database = %(here)s
    AND job.username = current_user
    AND job.command LIKE 'SELECT activity_sql.run_job(%%'
ORDER BY job.jobname;
