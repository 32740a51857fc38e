-- Who a session waits for, in words.
SELECT
    format(
        'process %%s of %%s (%%s, %%s since %%s): %%s',
        blocker.pid,
        coalesce(blocker.usename, 'unknown'),
        coalesce(nullif(blocker.application_name, ''), 'no application name'),
        coalesce(blocker.state, 'unknown'),
        to_char(blocker.xact_start, 'HH24:MI:SS'),
        left(regexp_replace(coalesce(blocker.query, ''), '\s+', ' ', 'g'), 80)
    ) AS blocker
FROM pg_stat_activity AS blocker
WHERE blocker.pid = ANY (pg_blocking_pids(%(pid)s));
