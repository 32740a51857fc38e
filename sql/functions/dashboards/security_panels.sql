-- The panels of the dashboard Security, by fixed ids, on the published tables.
--
-- The grid has 18 px a unit in Directus 12.4; a number of less than 18 units is clipped.
--
-- Locks: none. Cost: none.
CREATE OR REPLACE FUNCTION activity_sql.security_panels()
    RETURNS TABLE (
        dashboard   uuid,
        id          uuid,
        name        text,
        icon        text,
        color       text,
        show_header boolean,
        position_x  integer,
        position_y  integer,
        width       integer,
        height      integer,
        type        text,
        options     jsonb
    )
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    VALUES
{% raw %}
        (
            'ac71f17e-0000-4000-8000-000000020000'::uuid,
            'ac71f17e-0000-4000-8000-000000020001'::uuid,
            'Alerts in 24 hours', 'notifications', '#E35169', true,
            1, 1, 18, 6,
            'metric',
            '{
                "collection": "activity_sql_totals",
                "field": "alerts_24h",
                "function": "sum",
                "numberStyle": "decimal",
                "notation": "standard",
                "maximumFractionDigits": 0,
                "conditionalFormatting": [{"operator": ">=", "value": 1, "color": "#E35169"}]
            }'::jsonb
        ),
        (
            'ac71f17e-0000-4000-8000-000000020000'::uuid,
            'ac71f17e-0000-4000-8000-000000020002'::uuid,
            'Alerts in 7 days', 'notifications', '#E35169', true,
            19, 1, 18, 6,
            'metric',
            '{
                "collection": "activity_sql_totals",
                "field": "alerts_7d",
                "function": "sum",
                "numberStyle": "decimal",
                "notation": "standard",
                "maximumFractionDigits": 0,
                "conditionalFormatting": [{"operator": ">=", "value": 1, "color": "#E35169"}]
            }'::jsonb
        ),
        (
            'ac71f17e-0000-4000-8000-000000020000'::uuid,
            'ac71f17e-0000-4000-8000-000000020003'::uuid,
            'High or critical in 7 days', 'priority_high', '#E35169', true,
            37, 1, 18, 6,
            'metric',
            '{
                "collection": "activity_sql_totals",
                "field": "alerts_high_7d",
                "function": "sum",
                "numberStyle": "decimal",
                "notation": "standard",
                "maximumFractionDigits": 0,
                "conditionalFormatting": [{"operator": ">=", "value": 1, "color": "#E35169"}]
            }'::jsonb
        ),
        (
            'ac71f17e-0000-4000-8000-000000020000'::uuid,
            'ac71f17e-0000-4000-8000-000000020004'::uuid,
            'Latest alerts', 'notifications_active', '#E35169', true,
            1, 7, 54, 22,
            'list',
            '{
                "collection": "activity_sql_alerts",
                "limit": 8,
                "sortField": "detected_at",
                "sortDirection": "desc",
                "displayTemplate": "{{severity}} · {{subject}} · {{reason}}",
                "linkToItem": false
            }'::jsonb
        ),
        (
            'ac71f17e-0000-4000-8000-000000020000'::uuid,
            'ac71f17e-0000-4000-8000-000000020005'::uuid,
            'Addresses by risk, 7 days', 'lan', '#FFA439', true,
            1, 29, 54, 22,
            'list',
            '{
                "collection": "activity_sql_addresses",
                "limit": 8,
                "sortField": "activity_score",
                "sortDirection": "desc",
                "displayTemplate": "{{risk_level}}, {{activity_score}} of 100 · {{ip}} · {{reason}}",
                "linkToItem": false
            }'::jsonb
        ),
        (
            'ac71f17e-0000-4000-8000-000000020000'::uuid,
            'ac71f17e-0000-4000-8000-000000020006'::uuid,
            'Busiest networks, 7 days', 'leaderboard', '#FFA439', true,
            1, 51, 54, 21,
            'metric-list',
            '{
                "collection": "activity_sql_addresses",
                "conditionalFormatting": [{"operator": ">=", "value": 0, "color": "#FFA439"}],
                "limit": 5,
                "groupByField": "ip",
                "aggregateField": "actions",
                "aggregateFunction": "sum",
                "sortDirection": "desc",
                "numberStyle": "decimal",
                "notation": "standard"
            }'::jsonb
        ),
        (
            'ac71f17e-0000-4000-8000-000000020000'::uuid,
            'ac71f17e-0000-4000-8000-000000020007'::uuid,
            'Deletes by day, 90 days', 'delete', '#E35169', true,
            1, 72, 27, 14,
            'time-series',
            '{
                "collection": "activity_sql_days",
                "function": "sum",
                "valueField": "actions",
                "dateField": "day",
                "precision": "day",
                "range": "3 months",
                "color": "#E35169",
                "fillType": "gradient",
                "curveType": "smooth",
                "decimals": 0,
                "missingData": "0",
                "filter": {"_and": [{"action": {"_eq": "delete"}}]}
            }'::jsonb
        ),
        (
            'ac71f17e-0000-4000-8000-000000020000'::uuid,
            'ac71f17e-0000-4000-8000-000000020008'::uuid,
            'Logins by day, 90 days', 'login', '#3399FF', true,
            28, 72, 27, 14,
            'time-series',
            '{
                "collection": "activity_sql_days",
                "function": "sum",
                "valueField": "actions",
                "dateField": "day",
                "precision": "day",
                "range": "3 months",
                "color": "#3399FF",
                "fillType": "gradient",
                "curveType": "smooth",
                "decimals": 0,
                "missingData": "0",
                "filter": {"_and": [{"action": {"_eq": "login"}}]}
            }'::jsonb
        )
{% endraw %};
END;
$function$;

COMMENT ON FUNCTION activity_sql.security_panels() IS
    'The panels of the dashboard Security, as directus_panels has them.';

REVOKE ALL ON FUNCTION activity_sql.security_panels() FROM PUBLIC;
