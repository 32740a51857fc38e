-- Grants on the given objects to anyone but their owner: default privileges of a hosted
-- database grant behind a REVOKE FROM PUBLIC.
WITH wanted AS (
    SELECT namespace.oid AS namespace, pair.name
    FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS pair (schema_name, name)
    JOIN pg_namespace AS namespace ON namespace.nspname = pair.schema_name
),
objects AS (
    SELECT
        'ROUTINE ' || function.oid::regprocedure::text AS address,
        function.proowner AS owner,
        coalesce(function.proacl, acldefault('f', function.proowner)) AS access
    FROM pg_proc AS function
    JOIN wanted
        ON wanted.namespace = function.pronamespace AND wanted.name = function.proname
    UNION ALL
    SELECT
        'TABLE ' || relation.oid::regclass::text,
        relation.relowner,
        coalesce(relation.relacl, acldefault('r', relation.relowner))
    FROM pg_class AS relation
    JOIN wanted
        ON wanted.namespace = relation.relnamespace AND wanted.name = relation.relname
    WHERE relation.relkind IN ('v', 'm')
)
SELECT DISTINCT
    objects.address,
    CASE
        WHEN privilege.grantee = 0 THEN 'PUBLIC'
        ELSE quote_ident(pg_get_userbyid(privilege.grantee))
    END AS grantee
FROM objects
CROSS JOIN LATERAL aclexplode(objects.access) AS privilege
WHERE privilege.grantee <> objects.owner
ORDER BY objects.address, grantee;
