-- The jobs of this release and no others, where the table for them is deployed.
WITH wanted AS (
    SELECT job.name, job.schedule, job.does, job.statement
    FROM unnest(
        %(names)s::text[], %(schedules)s::text[], %(does)s::text[], %(statements)s::text[]
    ) AS job (name, schedule, does, statement)
),
gone AS (
    DELETE FROM activity_sql.job WHERE name <> ALL (%(names)s::text[])
)
INSERT INTO activity_sql.job (name, schedule, does, statement)
SELECT wanted.name, wanted.schedule, wanted.does, wanted.statement
FROM wanted
ON CONFLICT (name) DO UPDATE SET
    schedule = excluded.schedule,
    does = excluded.does,
    statement = excluded.statement
WHERE (job.schedule, job.does, job.statement)
    IS DISTINCT FROM (excluded.schedule, excluded.does, excluded.statement);
