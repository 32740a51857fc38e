-- The jobs and how each last ended, whoever runs them: pg_cron, also from another
-- database, or the worker.
--
-- Locks: none on what exists. Cost: none.

CREATE TABLE activity_sql.job (
    name text PRIMARY KEY,
    schedule text NOT NULL,
    does text NOT NULL,
    statement text NOT NULL,
    last_run timestamptz,
    last_status text CHECK (last_status IN ('ok', 'failed')),
    last_said text,
    last_duration_ms numeric,
    last_ok timestamptz
);

COMMENT ON TABLE activity_sql.job IS
    'One row per job of the release: its times as cron has them, in UTC; the statement, whose rows '
    'are (said text, failed boolean); when it last began, how that ended and what it said. '
    'last_ok: when it last began and ended well. Written by a deploy and activity_sql.run_job.';
