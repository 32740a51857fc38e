/*
what = "The server's settings fit the table."
why = "PostgreSQL's defaults are for a machine of 1 GB. Advice only; nothing is ever changed."
*/
WITH size AS (
    SELECT
        sum(pg_total_relation_size(relation.oid)) AS bytes,
        sum(relation.reltuples) FILTER (
            WHERE relation.oid = {{ (directus ~ ".directus_activity") | literal }}::regclass
        )::bigint AS rows
    FROM pg_class AS relation
    WHERE relation.oid = {{ (directus ~ ".directus_activity") | literal }}::regclass
        OR (relation.relnamespace = 'activity_sql'::regnamespace AND relation.relkind IN ('r', 'm'))
),
-- Of the machine, where the role may see it: a superuser's doctor advises by it.
machine AS (
    SELECT activity_sql.machine_memory() AS memory
),
setting AS (
    SELECT
        pg_size_bytes(current_setting('shared_buffers')) AS shared_buffers,
        pg_size_bytes(current_setting('effective_cache_size')) AS effective_cache_size,
        pg_size_bytes(current_setting('work_mem')) AS work_mem,
        current_setting('max_connections')::integer AS max_connections
)
SELECT 'WARN' AS status, advice.said, advice.mend
FROM size
CROSS JOIN machine
CROSS JOIN setting
CROSS JOIN LATERAL (
    VALUES
    (
        size.bytes > setting.shared_buffers AND setting.shared_buffers < machine.memory / 8,
        format(
            'activity and rollups have %s, shared_buffers is %s, and the machine has %s',
            pg_size_pretty(size.bytes),
            current_setting('shared_buffers'),
            pg_size_pretty(machine.memory)
        ),
        format(
            'ALTER SYSTEM SET shared_buffers = ''%sMB'';  -- a quarter of the memory; then restart',
            machine.memory / 4 / 1048576
        )
    ),
    (
        machine.memory IS NULL
        AND size.bytes > 1073741824
        AND setting.shared_buffers < 268435456,
        format(
            'activity and rollups have %s, and shared_buffers is %s',
            pg_size_pretty(size.bytes), current_setting('shared_buffers')
        ),
        'ALTER SYSTEM SET shared_buffers = ''1GB'';  -- a quarter of the memory; then restart'
    ),
    (
        size.bytes > setting.effective_cache_size
        AND setting.effective_cache_size < machine.memory / 2,
        format(
            'effective_cache_size is %s of %s of memory: the planner takes what is cached for '
            'what is on disk',
            current_setting('effective_cache_size'),
            pg_size_pretty(machine.memory)
        ),
        format(
            'ALTER SYSTEM SET effective_cache_size = ''%sMB'';  -- three quarters of the memory',
            machine.memory * 3 / 4 / 1048576
        )
    ),
    (
        setting.work_mem * setting.max_connections > machine.memory,
        format(
            '%s connections may sort in %s each, and the machine has %s',
            setting.max_connections,
            current_setting('work_mem'),
            pg_size_pretty(machine.memory)
        ),
        format(
            'ALTER SYSTEM SET work_mem = ''%sMB'';  -- a quarter of the memory, by connections',
            greatest(4, machine.memory / 4 / setting.max_connections / 1048576)
        )
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
