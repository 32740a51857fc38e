-- The functions of one name in Directus's schema or ours, as DROP and REVOKE name them.
SELECT function.oid::regprocedure::text AS signature
FROM pg_proc AS function
JOIN pg_namespace AS namespace ON namespace.oid = function.pronamespace
WHERE namespace.nspname = ANY (ARRAY['activity_sql', %(directus_schema)s])
    AND function.proname = %(name)s
ORDER BY function.oid;
