-- Whatever columns the deployed version has.
SELECT
    to_jsonb(status)
    || jsonb_build_object(
        'folded_seconds_ago', extract(epoch FROM clock_timestamp() - folded_at),
        'held_seconds', extract(epoch FROM held_for)
    ) AS status
FROM activity_sql.rollup_status() AS status;
