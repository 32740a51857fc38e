-- Bring activity_sql_health up to date: how fresh, how far back, which jobs failed, what
-- is shown, what nobody sees.
--
-- Locks: those of the rows it writes. Cost: that of rollup_status.
CREATE OR REPLACE FUNCTION activity_sql.publish_health()
    RETURNS bigint
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET jit = off
AS $function$
DECLARE
    v_written bigint;
BEGIN
    WITH said AS (
        SELECT
            1 AS part,
            'Freshness' AS topic,
            CASE
                WHEN status.broken IS NOT NULL OR status.lag_seconds > 600 THEN 'warn'
                ELSE 'ok'
            END AS status,
            CASE
                WHEN status.broken IS NOT NULL THEN format('nothing can be counted: %s',
                    status.broken)
                WHEN status.tail_rows = 0 THEN 'every row is counted'
                ELSE format(
                    '%s rows wait to be counted, the oldest for %s seconds%s',
                    status.tail_rows,
                    round(status.lag_seconds),
                    coalesce(
                        '; held back by process ' || status.held_by_pid,
                        '; held back by the prepared transaction ' || status.held_by_prepared,
                        ''
                    )
                )
            END AS detail
        FROM activity_sql.rollup_status() AS status
        UNION ALL
        SELECT
            2,
            'Coverage',
            'info',
            coalesce(
                format(
                    'figures go back to %s, single rows to %s',
                    to_char(total.covered_since AT TIME ZONE mark.time_zone, 'FMDD FMMonth YYYY'),
                    coalesce(
                        to_char(total.rows_since AT TIME ZONE mark.time_zone, 'FMDD FMMonth YYYY'),
                        'none'
                    )
                ),
                'nothing is counted yet'
            )
        FROM {{ directus }}.activity_sql_totals AS total
        CROSS JOIN activity_sql.watermark AS mark
        WHERE total.covered_since IS NOT NULL
        UNION ALL
        SELECT
            3,
            'Jobs',
            CASE WHEN bool_or(job.last_status = 'failed') THEN 'warn' ELSE 'ok' END,
            coalesce(
                string_agg(
                    format('%s failed: %s', job.name, job.last_said), '; ' ORDER BY job.name
                ) FILTER (WHERE job.last_status = 'failed'),
                'no job has failed'
            )
        FROM activity_sql.job AS job
        UNION ALL
        SELECT
            4,
            'Addresses',
            'info',
            CASE
                WHEN setting.mask_addresses THEN 'shown as networks: /24, or /48 of IPv6'
                ELSE 'shown in full'
            END
        FROM activity_sql.setting AS setting
        UNION ALL
        SELECT 5, blind.topic, 'blind', blind.detail
        FROM activity_sql.blind_spots() AS blind
    ),
    fresh AS MATERIALIZED (
        SELECT
            row_number() OVER (ORDER BY said.part, said.topic COLLATE "C")::integer AS id,
            said.topic,
            said.status,
            said.detail
        FROM said
    ),
    gone AS (
        DELETE FROM {{ directus }}.activity_sql_health AS published
        WHERE NOT EXISTS (SELECT FROM fresh WHERE fresh.id = published.id)
        RETURNING 1
    ),
    written AS (
        INSERT INTO {{ directus }}.activity_sql_health AS published (id, topic, status, detail)
        SELECT fresh.id, fresh.topic, fresh.status, fresh.detail
        FROM fresh
        ON CONFLICT (id) DO UPDATE SET
            topic = EXCLUDED.topic,
            status = EXCLUDED.status,
            detail = EXCLUDED.detail
        WHERE published IS DISTINCT FROM EXCLUDED
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM written)
    INTO v_written;
    RETURN v_written;
END;
$function$;

COMMENT ON FUNCTION activity_sql.publish_health() IS
    'Brings activity_sql_health up to date, and returns how many rows that wrote.';

REVOKE ALL ON FUNCTION activity_sql.publish_health() FROM PUBLIC;
