-- The pg_cron of this database, if it has one, and what this role lacks to schedule jobs that run
-- in the database %(here)s.
SELECT
    ARRAY(
        SELECT missing.statement
        FROM (
            VALUES
            (
                pg_catalog.has_schema_privilege('cron', 'USAGE'),
                pg_catalog.format('GRANT USAGE ON SCHEMA cron TO %%I;', current_user)
            ),
            (
                pg_catalog.current_database() = %(here)s
                OR pg_catalog.has_function_privilege(routine.oid, 'EXECUTE'),
                pg_catalog.format(
                    'GRANT EXECUTE ON FUNCTION cron.schedule_in_database(%%s) TO %%I;',
                    pg_catalog.pg_get_function_identity_arguments(routine.oid),
                    current_user
                )
            )
        ) AS missing (has, statement)
        WHERE NOT missing.has
    ) AS missing
FROM pg_catalog.pg_extension AS extension
JOIN pg_catalog.pg_proc AS routine ON routine.proname = 'schedule_in_database'
JOIN pg_catalog.pg_namespace AS namespace
    ON namespace.oid = routine.pronamespace AND namespace.nspname = 'cron'
WHERE extension.extname = 'pg_cron';
