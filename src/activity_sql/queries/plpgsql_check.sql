-- What plpgsql_check says of the given functions, where the extension is.
SELECT
    function.oid::regprocedure::text AS signature,
    finding.lineno AS line,
    finding.level,
    finding.message
FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS pair (schema_name, name)
JOIN pg_namespace AS namespace ON namespace.nspname = pair.schema_name
JOIN pg_proc AS function
    ON function.pronamespace = namespace.oid AND function.proname = pair.name
JOIN pg_language AS language ON language.oid = function.prolang
CROSS JOIN LATERAL {extension_schema}.plpgsql_check_function_tb(
    funcoid => function.oid
) AS finding
WHERE language.lanname = 'plpgsql'
ORDER BY signature, line;
