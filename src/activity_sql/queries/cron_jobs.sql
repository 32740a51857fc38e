-- Our jobs of that database as pg_cron has them, by what they run or by their names; a changed job
-- may have kept only one of the two. pg_cron shows a role its own jobs only.
SELECT job.jobid, job.jobname, job.schedule, job.command, job.database, job.active
FROM cron.job AS job
WHERE job.username = current_user
    AND (
        job.jobname = ANY (%(names)s::text[])
        OR (
            job.database = %(here)s
            AND job.command LIKE 'SELECT activity_sql.run_job(%%'
        )
    )
ORDER BY job.jobname;
