-- Bring activity_sql_addresses up to date with get_ip_activity_stats.
--
-- An address that no fold has seen yet has no number: it comes with the next fold.
--
-- Locks: those of the rows it writes. Cost: that of get_ip_activity_stats for 7 days.
CREATE OR REPLACE FUNCTION activity_sql.publish_addresses()
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
    WITH fresh AS MATERIALIZED (
        SELECT
            known.id,
            row_number() OVER (ORDER BY stats.place) AS place,
            activity_sql.shown_address(stats.ip) AS ip,
            stats.total_actions,
            stats.unique_collections,
            stats.unique_users,
            stats.activity_score,
            stats.risk_level,
            activity_sql.reason_of(stats.risk_reasons) AS reason,
            stats.first_seen,
            stats.last_seen
        FROM {{ directus }}.get_ip_activity_stats(7, 1, 100) WITH ORDINALITY AS stats (
            ip,
            total_actions,
            unique_collections,
            action_breakdown,
            first_seen,
            last_seen,
            risk_score,
            unique_users,
            risk_level,
            activity_score,
            risk_reasons,
            place
        )
        JOIN activity_sql.address AS known ON known.ip = stats.ip
    ),
    gone AS (
        DELETE FROM {{ directus }}.activity_sql_addresses AS published
        WHERE NOT EXISTS (SELECT FROM fresh WHERE fresh.id = published.id)
        RETURNING 1
    ),
    written AS (
        INSERT INTO {{ directus }}.activity_sql_addresses AS published (
            id,
            place,
            ip,
            actions,
            unique_collections,
            unique_users,
            activity_score,
            risk_level,
            reason,
            first_seen,
            last_seen
        )
        SELECT
            fresh.id,
            fresh.place,
            fresh.ip,
            fresh.total_actions,
            fresh.unique_collections,
            fresh.unique_users,
            fresh.activity_score,
            fresh.risk_level,
            fresh.reason,
            fresh.first_seen,
            fresh.last_seen
        FROM fresh
        ON CONFLICT (id) DO UPDATE SET
            place = EXCLUDED.place,
            ip = EXCLUDED.ip,
            actions = EXCLUDED.actions,
            unique_collections = EXCLUDED.unique_collections,
            unique_users = EXCLUDED.unique_users,
            activity_score = EXCLUDED.activity_score,
            risk_level = EXCLUDED.risk_level,
            reason = EXCLUDED.reason,
            first_seen = EXCLUDED.first_seen,
            last_seen = EXCLUDED.last_seen
        WHERE published IS DISTINCT FROM EXCLUDED
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM written)
    INTO v_written;
    RETURN v_written;
END;
$function$;

COMMENT ON FUNCTION activity_sql.publish_addresses() IS
    'Brings activity_sql_addresses up to date, and returns how many rows that wrote.';

REVOKE ALL ON FUNCTION activity_sql.publish_addresses() FROM PUBLIC;
