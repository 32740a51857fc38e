-- Bring activity_sql_users up to date with get_user_engagement_metrics.
--
-- Of directus_users only ids and names are read, and names only where they are wanted and
-- may be read.
--
-- Locks: those of the rows it writes; ACCESS SHARE on directus_users. Cost: that of
-- get_user_engagement_metrics for 30 days.
CREATE OR REPLACE FUNCTION activity_sql.publish_users()
    RETURNS bigint
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET jit = off
AS $function$
DECLARE
    v_table   text := {{ (directus ~ ".directus_users") | literal }};
    v_ids     uuid[];
    v_names   text[];
    v_zone    text;
    v_written bigint;
BEGIN
    SELECT mark.time_zone
    INTO v_zone
    FROM activity_sql.watermark AS mark;
    IF (SELECT setting.publish_names FROM activity_sql.setting AS setting)
        AND to_regclass(v_table) IS NOT NULL
        AND has_column_privilege(v_table, 'first_name', 'SELECT')
        AND has_column_privilege(v_table, 'last_name', 'SELECT')
    THEN
        SELECT
            array_agg(person.id),
            array_agg(nullif(trim(concat_ws(' ', person.first_name, person.last_name)), ''))
        INTO v_ids, v_names
        FROM {{ directus }}.directus_users AS person;
    END IF;

    WITH fresh AS MATERIALIZED (
        SELECT
            stats.user_id AS id,
            stats.place,
            coalesce(person.name, 'User ' || left(stats.user_id::text, 8)) AS name,
            stats.total_actions,
            stats.active_days,
            stats.collections_used,
            stats.unique_ips,
            stats.engagement_score,
            stats.engagement_level,
            stats.trend_percent,
            stats.first_seen,
            stats.last_seen
        FROM {{ directus }}.get_user_engagement_metrics(30, 100, v_zone) WITH ORDINALITY AS stats (
            user_id,
            total_actions,
            active_days,
            collections_used,
            unique_ips,
            action_breakdown,
            first_seen,
            last_seen,
            actions_per_active_day,
            longest_streak_days,
            engagement_score,
            engagement_level,
            trend_percent,
            place
        )
        LEFT JOIN unnest(v_ids, v_names) AS person (id, name) ON person.id = stats.user_id
    ),
    gone AS (
        DELETE FROM {{ directus }}.activity_sql_users AS published
        WHERE NOT EXISTS (SELECT FROM fresh WHERE fresh.id = published.id)
        RETURNING 1
    ),
    written AS (
        INSERT INTO {{ directus }}.activity_sql_users AS published (
            id,
            place,
            name,
            actions,
            active_days,
            collections_used,
            unique_ips,
            engagement_score,
            engagement_level,
            trend_percent,
            first_seen,
            last_seen
        )
        SELECT
            fresh.id,
            fresh.place,
            fresh.name,
            fresh.total_actions,
            fresh.active_days,
            fresh.collections_used,
            fresh.unique_ips,
            fresh.engagement_score,
            fresh.engagement_level,
            fresh.trend_percent,
            fresh.first_seen,
            fresh.last_seen
        FROM fresh
        ON CONFLICT (id) DO UPDATE SET
            place = EXCLUDED.place,
            name = EXCLUDED.name,
            actions = EXCLUDED.actions,
            active_days = EXCLUDED.active_days,
            collections_used = EXCLUDED.collections_used,
            unique_ips = EXCLUDED.unique_ips,
            engagement_score = EXCLUDED.engagement_score,
            engagement_level = EXCLUDED.engagement_level,
            trend_percent = EXCLUDED.trend_percent,
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

COMMENT ON FUNCTION activity_sql.publish_users() IS
    'Brings activity_sql_users up to date, and returns how many rows that wrote.';

REVOKE ALL ON FUNCTION activity_sql.publish_users() FROM PUBLIC;
