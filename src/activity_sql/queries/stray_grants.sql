-- Grants on the given functions to anyone but their owner: default privileges of a hosted
-- database grant behind a REVOKE FROM PUBLIC.
SELECT DISTINCT
    function.oid::regprocedure::text AS signature,
    CASE
        WHEN privilege.grantee = 0 THEN 'PUBLIC'
        ELSE quote_ident(pg_get_userbyid(privilege.grantee))
    END AS grantee
FROM pg_proc AS function
JOIN pg_namespace AS namespace ON namespace.oid = function.pronamespace
CROSS JOIN LATERAL aclexplode(
    coalesce(function.proacl, acldefault('f', function.proowner))
) AS privilege
WHERE namespace.nspname = ANY (ARRAY['activity_sql', %(directus_schema)s])
    AND function.proname = ANY (%(names)s)
    AND privilege.grantee <> function.proowner
ORDER BY signature, grantee;
