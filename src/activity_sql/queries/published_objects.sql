-- Objects that the published script made in Directus's schema: of its names, with its arguments or
-- columns, over directus_activity. Where anything else bears one of these names, none of that name
-- is taken for the script's.
WITH published (kind, name, shape) AS (
    VALUES
        ('function', 'get_ip_activity_stats', 'integer, integer'),
        ('function', 'get_ip_activity_stats', 'integer, integer, integer'),
        ('function', 'get_user_engagement_metrics', 'integer'),
        ('function', 'detect_activity_anomalies', 'integer, numeric'),
        ('function', 'maintain_activity_table', ''),
        ('function', 'rebuild_activity_indexes', ''),
        ('function', 'test_activity_query_performance', ''),
        (
            'view',
            'mv_activity_hourly_stats',
            'hour, collection, action, count, unique_users, unique_ips'
        ),
        (
            'view',
            'mv_activity_dashboard_stats',
            'hour, collection, action, count, unique_users, unique_ips, common_user_agent'
        ),
        ('view', 'mv_activity_daily_summary', NULL),
        ('view', 'mv_activity_collection_stats', NULL),
        ('view', 'v_activity_performance_stats', NULL),
        ('view', 'v_slow_activity_queries', NULL),
        ('view', 'v_activity_slow_queries', NULL),
        ('view', 'v_activity_index_stats', NULL),
        ('view', 'v_activity_table_stats', NULL)
),
found AS (
    SELECT
        'function' AS kind,
        function.proname AS name,
        oidvectortypes(function.proargtypes) AS shape,
        function.prosrc ~* 'directus_activity|pg_stat' AS reads_activity
    FROM pg_proc AS function
    WHERE function.pronamespace = to_regnamespace(quote_ident(%(directus_schema)s))
    UNION ALL
    SELECT
        'view',
        relation.relname,
        (
            SELECT string_agg(attribute.attname, ', ' ORDER BY attribute.attnum)
            FROM pg_attribute AS attribute
            WHERE attribute.attrelid = relation.oid
                AND attribute.attnum > 0
                AND NOT attribute.attisdropped
        ),
        pg_get_viewdef(relation.oid) ~* 'directus_activity|pg_stat'
    FROM pg_class AS relation
    WHERE relation.relnamespace = to_regnamespace(quote_ident(%(directus_schema)s))
        AND relation.relkind IN ('v', 'm')
)
SELECT found.kind || ' ' || found.name AS object
FROM found
WHERE (found.kind, found.name) IN (SELECT published.kind, published.name FROM published)
GROUP BY found.kind, found.name
HAVING bool_and(
    found.reads_activity
    AND EXISTS (
        SELECT
        FROM published
        WHERE published.kind = found.kind
            AND published.name = found.name
            AND coalesce(published.shape, found.shape) = found.shape
    )
);
