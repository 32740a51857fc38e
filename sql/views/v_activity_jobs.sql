-- The jobs, whoever runs them.
--
-- Locks: none. Cost: none.
CREATE VIEW {{ directus }}.v_activity_jobs AS
SELECT
    job.name AS job_name,
    job.schedule,
    job.last_run,
    job.last_status
FROM activity_sql.job AS job;

COMMENT ON VIEW {{ directus }}.v_activity_jobs IS
    'Our jobs: schedule as cron has it, in UTC; last_run, when the last run began; last_status ok '
    'or failed. Both NULL: never run. Whoever runs them, pg_cron or the worker, is seen here.';

REVOKE ALL ON {{ directus }}.v_activity_jobs FROM PUBLIC;
