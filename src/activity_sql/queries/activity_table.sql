-- Every table named directus_activity, with its columns and what this role may do there.
SELECT
    namespace.nspname AS schema_name,
    relation.relkind::text AS kind,
    nullif(relation.reltuples, -1)::bigint AS estimated_rows,
    has_table_privilege(relation.oid, 'SELECT') AS may_select,
    has_schema_privilege(namespace.oid, 'CREATE') AS may_create,
    pg_has_role(relation.relowner, 'USAGE') AS is_owner,
    jsonb_object_agg(
        attribute.attname, format_type(attribute.atttypid, attribute.atttypmod)
    ) AS columns
FROM pg_class AS relation
JOIN pg_namespace AS namespace ON namespace.oid = relation.relnamespace
JOIN pg_attribute AS attribute
    ON attribute.attrelid = relation.oid AND attribute.attnum > 0 AND NOT attribute.attisdropped
WHERE relation.relname = 'directus_activity'
    AND relation.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND NOT pg_is_other_temp_schema(namespace.oid)
GROUP BY namespace.oid, namespace.nspname, relation.oid, relation.relkind, relation.reltuples,
    relation.relowner
ORDER BY namespace.nspname;
