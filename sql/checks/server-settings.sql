/*
what = "The server's settings fit the table."
why = "PostgreSQL's defaults are for a machine of 1 GB. Advice only; nothing is ever changed."
*/
WITH size AS (
    SELECT
        sum(pg_total_relation_size(relation.oid)) AS bytes,
        greatest(max(relation.reltuples), 0)::bigint AS rows
    FROM pg_class AS relation
    WHERE relation.oid = {{ (directus ~ ".directus_activity") | literal }}::regclass
)
SELECT 'WARN' AS status, advice.said, advice.mend
FROM size
CROSS JOIN LATERAL (
    VALUES
    (
        size.bytes > 1073741824
        AND pg_size_bytes(current_setting('shared_buffers')) < 268435456,
        format(
            'directus_activity has %s, and shared_buffers is %s',
            pg_size_pretty(size.bytes), current_setting('shared_buffers')
        ),
        'ALTER SYSTEM SET shared_buffers = ''1GB'';  -- a quarter of the memory; then restart'
    ),
    (
        size.rows > 1000000 AND pg_size_bytes(current_setting('maintenance_work_mem')) < 67108864,
        format('maintenance_work_mem is %s, for indexes over %s rows',
            current_setting('maintenance_work_mem'), size.rows),
        'ALTER SYSTEM SET maintenance_work_mem = ''256MB'';'
    ),
    (
        current_setting('autovacuum') = 'off',
        'autovacuum is off',
        'ALTER SYSTEM SET autovacuum = on;'
    ),
    (
        current_setting('default_transaction_isolation') <> 'read committed',
        format('default_transaction_isolation is %s; rows cannot be folded in one snapshot',
            current_setting('default_transaction_isolation')),
        format('ALTER ROLE %I SET default_transaction_isolation = ''read committed'';',
            current_user)
    )
) AS advice (applies, said, mend)
WHERE advice.applies;
