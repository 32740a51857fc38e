-- Statements on directus_activity that take long, as pg_stat_statements saw them.
--
-- The extension may be absent, in any schema, of an old version, not loaded at the
-- server's start, or its texts hidden from the role: none of that is an error here.
--
-- Locks: none. Cost: reads the statements that the extension keeps, 5,000 by default.
CREATE OR REPLACE FUNCTION activity_sql.slow_activity_queries()
    RETURNS TABLE (
        query           text,
        calls           bigint,
        total_exec_time double precision,
        mean_exec_time  double precision,
        max_exec_time   double precision
    )
    LANGUAGE plpgsql
    STABLE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    v_schema name;
BEGIN
    SELECT namespace.nspname
    INTO v_schema
    FROM pg_extension AS extension
    JOIN pg_namespace AS namespace ON namespace.oid = extension.extnamespace
    WHERE extension.extname = 'pg_stat_statements';
    IF NOT FOUND THEN
        RETURN;
    END IF;

    FOR query, calls, total_exec_time, mean_exec_time, max_exec_time IN
        EXECUTE format(
            'SELECT '
            '    statement.query, '
            '    sum(statement.calls)::bigint, '
            '    sum(statement.total_exec_time), '
            '    sum(statement.total_exec_time) / sum(statement.calls), '
            '    max(statement.max_exec_time) '
            'FROM %I.pg_stat_statements AS statement '
            'JOIN pg_database AS database ON database.oid = statement.dbid '
            'WHERE database.datname = current_database() '
            '    AND statement.calls > 0 '
            '    AND strpos(lower(statement.query), $1) > 0 '
            'GROUP BY statement.query '
            'HAVING sum(statement.total_exec_time) / sum(statement.calls) >= 100',
            v_schema
        ) USING 'directus_activity'
    LOOP
        RETURN NEXT;
    END LOOP;
EXCEPTION
    -- Not preloaded; an older version of the extension; no right to read it.
    WHEN object_not_in_prerequisite_state
        OR undefined_column
        OR insufficient_privilege
    THEN
        RETURN;
END;
$function$;

COMMENT ON FUNCTION activity_sql.slow_activity_queries() IS
    'Statements of this database that mention directus_activity and took 100 ms or more on '
    'average; times in milliseconds. Empty where pg_stat_statements is absent or not preloaded; '
    'without pg_read_all_stats only the role''s own statements.';

REVOKE ALL ON FUNCTION activity_sql.slow_activity_queries() FROM PUBLIC;
