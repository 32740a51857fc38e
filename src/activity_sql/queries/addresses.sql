-- The functions, tables, views and materialized views of one name in one schema, as DROP names them.
SELECT 'ROUTINE ' || function.oid::regprocedure::text AS address
FROM pg_proc AS function
WHERE function.pronamespace = to_regnamespace(quote_ident(%(schema)s))
    AND function.proname = %(name)s
    AND %(kind)s = 'function'
UNION ALL
SELECT
    CASE relation.relkind WHEN 'm' THEN 'MATERIALIZED VIEW ' ELSE 'VIEW ' END
    || relation.oid::regclass::text
FROM pg_class AS relation
WHERE relation.relnamespace = to_regnamespace(quote_ident(%(schema)s))
    AND relation.relname = %(name)s
    AND relation.relkind IN ('v', 'm')
    AND %(kind)s = 'view'
UNION ALL
SELECT 'TABLE ' || relation.oid::regclass::text
FROM pg_class AS relation
WHERE relation.relnamespace = to_regnamespace(quote_ident(%(schema)s))
    AND relation.relname = %(name)s
    AND relation.relkind = 'r'
    AND %(kind)s = 'table';
