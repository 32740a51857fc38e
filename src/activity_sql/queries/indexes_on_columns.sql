-- Indexes of one table that do the work of another: of its name, or of its access method and
-- exactly its key columns, where neither has a predicate; valid or not.
SELECT
    index_relation.relname AS index_name,
    index.indisvalid AS is_valid
FROM pg_index AS index
JOIN pg_class AS index_relation ON index_relation.oid = index.indexrelid
JOIN pg_am AS access_method ON access_method.oid = index_relation.relam
JOIN pg_class AS table_relation ON table_relation.oid = index.indrelid
JOIN pg_namespace AS namespace ON namespace.oid = table_relation.relnamespace
WHERE namespace.nspname = %(schema)s
    AND table_relation.relname = %(table)s
    AND (
        index_relation.relname = %(name)s
        OR (
            NOT %(is_partial)s::boolean
            AND access_method.amname = %(method)s
            AND index.indpred IS NULL
            AND (
                SELECT array_agg(attribute.attname::text ORDER BY key.position)
                FROM unnest(index.indkey::smallint[]) WITH ORDINALITY AS key (number, position)
                LEFT JOIN pg_attribute AS attribute
                    ON attribute.attrelid = index.indrelid AND attribute.attnum = key.number
                WHERE key.position <= index.indnkeyatts
            ) = %(columns)s::text[]
        )
    )
ORDER BY index.indisvalid DESC, index_relation.relname;
