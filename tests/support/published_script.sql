-- What people have who ran the published script, as far as it runs: its names, its shapes, over
-- Directus's table.
CREATE INDEX idx_activity_timestamp_collection
    ON directus_activity ("timestamp" DESC, collection);
CREATE INDEX idx_activity_ip_timestamp
    ON directus_activity (ip, "timestamp" DESC) WHERE ip IS NOT NULL;

CREATE FUNCTION get_ip_activity_stats(p_days integer DEFAULT 7, p_min_count integer DEFAULT 10)
    RETURNS TABLE (
        ip varchar,
        total_actions bigint,
        unique_collections bigint,
        action_breakdown jsonb,
        first_seen timestamptz,
        last_seen timestamptz,
        risk_score integer
    )
    LANGUAGE plpgsql
AS $$
BEGIN
    RETURN QUERY
    SELECT ip, COUNT(*), COUNT(DISTINCT collection), NULL::jsonb, MIN("timestamp"),
        MAX("timestamp"), 0
    FROM directus_activity
    WHERE "timestamp" > NOW() - (p_days || ' days')::interval
    GROUP BY ip
    HAVING COUNT(*) >= p_min_count;
END;
$$;

CREATE FUNCTION get_ip_activity_stats(p_days integer, p_min_count integer, p_limit integer)
    RETURNS SETOF directus_activity
    LANGUAGE sql
AS $$ SELECT * FROM directus_activity LIMIT p_limit $$;

CREATE FUNCTION maintain_activity_table() RETURNS void LANGUAGE plpgsql
AS $$ BEGIN ANALYZE directus_activity; END $$;

CREATE FUNCTION rebuild_activity_indexes() RETURNS void LANGUAGE plpgsql
    AS $$ BEGIN REINDEX TABLE directus_activity; END; $$;

CREATE MATERIALIZED VIEW mv_activity_hourly_stats AS
SELECT
    date_trunc('hour', "timestamp") AS hour,
    collection,
    action,
    COUNT(*) AS count,
    COUNT(DISTINCT "user") AS unique_users,
    COUNT(DISTINCT ip) AS unique_ips
FROM directus_activity
GROUP BY 1, 2, 3;

CREATE VIEW v_activity_table_stats AS
SELECT n_live_tup, n_dead_tup, last_vacuum
FROM pg_stat_user_tables
WHERE relname = 'directus_activity';
