-- Each of the given functions, tables, views and materialized views as the catalog shows it: body,
-- options, owner, comment, access list (and indexes) in one hash. Overloads share the hash of
-- their name, so that one added by hand shows too. Any relation under a view's or a table's name
-- shows as that view and as that table: it is in the way.
WITH wanted AS (
    SELECT namespace.oid AS namespace, pair.name
    FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS pair (schema_name, name)
    JOIN pg_namespace AS namespace ON namespace.nspname = pair.schema_name
),
objects AS (
    SELECT
        'function ' || function.proname AS object,
        function.oid,
        pg_get_functiondef(function.oid) AS body,
        function.proowner AS owner,
        obj_description(function.oid, 'pg_proc') AS comment,
        coalesce(function.proacl, acldefault('f', function.proowner)) AS access
    FROM pg_proc AS function
    JOIN wanted
        ON wanted.namespace = function.pronamespace AND wanted.name = function.proname
    WHERE function.prokind IN ('f', 'p')
    UNION ALL
    SELECT
        kind.name || ' ' || relation.relname,
        relation.oid,
        concat_ws(
            E'\n',
            relation.relkind,
            relation.reloptions::text,
            CASE WHEN relation.relkind IN ('v', 'm') THEN pg_get_viewdef(relation.oid) END,
            CASE
                WHEN relation.relkind = 'r' THEN (
                    SELECT string_agg(
                        concat_ws(
                            ' ',
                            attribute.attname,
                            format_type(attribute.atttypid, attribute.atttypmod),
                            attribute.attnotnull
                        ),
                        E'\n'
                        ORDER BY attribute.attnum
                    )
                    FROM pg_attribute AS attribute
                    WHERE attribute.attrelid = relation.oid
                        AND attribute.attnum > 0
                        AND NOT attribute.attisdropped
                )
            END,
            (
                SELECT string_agg(
                    pg_get_indexdef(index.indexrelid), E'\n' ORDER BY index.indexrelid
                )
                FROM pg_index AS index
                WHERE index.indrelid = relation.oid
            )
        ),
        relation.relowner,
        obj_description(relation.oid, 'pg_class'),
        coalesce(relation.relacl, acldefault('r', relation.relowner))
    FROM pg_class AS relation
    JOIN wanted
        ON wanted.namespace = relation.relnamespace AND wanted.name = relation.relname
    CROSS JOIN (VALUES ('view'), ('table')) AS kind (name)
    WHERE relation.relkind IN ('v', 'm', 'r', 'p', 'f', 'S')
)
SELECT
    objects.object,
    encode(
        sha256(
            convert_to(
                string_agg(
                    concat_ws(
                        E'\n',
                        objects.body,
                        pg_get_userbyid(objects.owner),
                        objects.comment,
                        grants.list
                    ),
                    E'\n'
                    ORDER BY objects.oid
                ),
                'UTF8'
            )
        ),
        'hex'
    ) AS fingerprint
FROM objects
CROSS JOIN LATERAL (
    SELECT string_agg(grants.item, ',' ORDER BY grants.item COLLATE "C") AS list
    FROM (
        SELECT
            CASE
                WHEN privilege.grantee = 0 THEN 'PUBLIC'
                ELSE pg_get_userbyid(privilege.grantee)
            END || ':' || privilege.privilege_type AS item
        FROM aclexplode(objects.access) AS privilege
    ) AS grants
) AS grants
GROUP BY objects.object;
