-- Grants to anyone but the owner, on the given functions, tables and views and everything in our
-- schema: default privileges of a hosted database grant behind a REVOKE FROM PUBLIC.
WITH wanted AS (
    SELECT namespace.oid AS namespace, pair.name
    FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS pair (schema_name, name)
    JOIN pg_namespace AS namespace ON namespace.nspname = pair.schema_name
),
objects AS (
    SELECT
        'SCHEMA ' || namespace.oid::regnamespace::text AS address,
        namespace.nspowner AS owner,
        namespace.nspacl AS access
    FROM pg_namespace AS namespace
    WHERE namespace.nspname = 'activity_sql'
    UNION ALL
    SELECT
        'ROUTINE ' || function.oid::regprocedure::text,
        function.proowner,
        coalesce(function.proacl, acldefault('f', function.proowner))
    FROM pg_proc AS function
    JOIN wanted
        ON wanted.namespace = function.pronamespace AND wanted.name = function.proname
    UNION ALL
    SELECT
        CASE relation.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END
        || relation.oid::regclass::text,
        relation.relowner,
        relation.relacl
    FROM pg_class AS relation
    WHERE relation.relkind IN ('r', 'p', 'v', 'm', 'S')
        AND (
            relation.relnamespace = to_regnamespace('activity_sql')
            OR relation.relkind IN ('r', 'v', 'm')
            AND (relation.relnamespace, relation.relname) IN (
                SELECT wanted.namespace, wanted.name::name FROM wanted
            )
        )
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
