-- What plpgsql_check says of the given functions, where the extension is.
SELECT
    function.oid::regprocedure::text AS signature,
    finding.lineno AS line,
    finding.level,
    finding.message
FROM pg_proc AS function
JOIN pg_namespace AS namespace ON namespace.oid = function.pronamespace
JOIN pg_language AS language ON language.oid = function.prolang
CROSS JOIN LATERAL {extension_schema}.plpgsql_check_function_tb(
    funcoid => function.oid,
    performance_warnings => true
) AS finding
WHERE namespace.nspname = ANY (ARRAY['activity_sql', %(directus_schema)s])
    AND function.proname = ANY (%(names)s)
    AND language.lanname = 'plpgsql'
ORDER BY signature, line;
