-- The panels of the dashboard Activity, by fixed ids, on the published tables.
--
-- The grid has 18 px a unit in Directus 12.4; a number of less than 18 units is clipped.
--
-- Locks: none. Cost: none.
CREATE OR REPLACE FUNCTION activity_sql.activity_panels()
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
            'ac71f17e-0000-4000-8000-000000010000'::uuid,
            'ac71f17e-0000-4000-8000-000000010001'::uuid,
            'Actions in 24 hours', 'bolt', '#6644FF', true,
            1, 1, 18, 6,
            'metric',
            '{
                "collection": "activity_sql_totals",
                "field": "actions_24h",
                "function": "sum",
                "numberStyle": "decimal",
                "notation": "standard",
                "maximumFractionDigits": 0
            }'::jsonb
        ),
        (
            'ac71f17e-0000-4000-8000-000000010000'::uuid,
            'ac71f17e-0000-4000-8000-000000010002'::uuid,
            'Actions in 7 days', 'bolt', '#6644FF', true,
            19, 1, 18, 6,
            'metric',
            '{
                "collection": "activity_sql_totals",
                "field": "actions_7d",
                "function": "sum",
                "numberStyle": "decimal",
                "notation": "standard",
                "maximumFractionDigits": 0
            }'::jsonb
        ),
        (
            'ac71f17e-0000-4000-8000-000000010000'::uuid,
            'ac71f17e-0000-4000-8000-000000010003'::uuid,
            'Actions in 30 days', 'bolt', '#6644FF', true,
            37, 1, 18, 6,
            'metric',
            '{
                "collection": "activity_sql_totals",
                "field": "actions_30d",
                "function": "sum",
                "numberStyle": "decimal",
                "notation": "standard",
                "maximumFractionDigits": 0
            }'::jsonb
        ),
        (
            'ac71f17e-0000-4000-8000-000000010000'::uuid,
            'ac71f17e-0000-4000-8000-000000010004'::uuid,
            'Trend of 24 hours', 'trending_up', '#6644FF', false,
            1, 7, 18, 3,
            'list',
            '{
                "collection": "activity_sql_totals",
                "limit": 1,
                "sortField": "id",
                "sortDirection": "asc",
                "displayTemplate": "{{trend_24h}}",
                "linkToItem": false
            }'::jsonb
        ),
        (
            'ac71f17e-0000-4000-8000-000000010000'::uuid,
            'ac71f17e-0000-4000-8000-000000010005'::uuid,
            'Trend of 7 days', 'trending_up', '#6644FF', false,
            19, 7, 18, 3,
            'list',
            '{
                "collection": "activity_sql_totals",
                "limit": 1,
                "sortField": "id",
                "sortDirection": "asc",
                "displayTemplate": "{{trend_7d}}",
                "linkToItem": false
            }'::jsonb
        ),
        (
            'ac71f17e-0000-4000-8000-000000010000'::uuid,
            'ac71f17e-0000-4000-8000-000000010006'::uuid,
            'Trend of 30 days', 'trending_up', '#6644FF', false,
            37, 7, 18, 3,
            'list',
            '{
                "collection": "activity_sql_totals",
                "limit": 1,
                "sortField": "id",
                "sortDirection": "asc",
                "displayTemplate": "{{trend_30d}}",
                "linkToItem": false
            }'::jsonb
        ),
        (
            'ac71f17e-0000-4000-8000-000000010000'::uuid,
            'ac71f17e-0000-4000-8000-000000010007'::uuid,
            'Actions by hour, 7 days', 'show_chart', '#2ECDA7', true,
            1, 10, 54, 14,
            'time-series',
            '{
                "collection": "activity_sql_hours",
                "function": "sum",
                "valueField": "actions",
                "dateField": "hour",
                "precision": "hour",
                "range": "1 week",
                "color": "#2ECDA7",
                "fillType": "gradient",
                "curveType": "smooth",
                "decimals": 0,
                "missingData": "0"
            }'::jsonb
        ),
        (
            'ac71f17e-0000-4000-8000-000000010000'::uuid,
            'ac71f17e-0000-4000-8000-000000010008'::uuid,
            'People in 7 days', 'group', '#3399FF', true,
            1, 24, 18, 6,
            'metric',
            '{
                "collection": "activity_sql_totals",
                "field": "users_7d",
                "function": "sum",
                "numberStyle": "decimal",
                "notation": "standard",
                "maximumFractionDigits": 0,
                "conditionalFormatting": [{"operator": ">=", "value": 0, "color": "#3399FF"}]
            }'::jsonb
        ),
        (
            'ac71f17e-0000-4000-8000-000000010000'::uuid,
            'ac71f17e-0000-4000-8000-000000010009'::uuid,
            'Addresses in 7 days', 'lan', '#3399FF', true,
            19, 24, 18, 6,
            'metric',
            '{
                "collection": "activity_sql_totals",
                "field": "addresses_7d",
                "function": "sum",
                "numberStyle": "decimal",
                "notation": "standard",
                "maximumFractionDigits": 0,
                "conditionalFormatting": [{"operator": ">=", "value": 0, "color": "#3399FF"}]
            }'::jsonb
        ),
        (
            'ac71f17e-0000-4000-8000-000000010000'::uuid,
            'ac71f17e-0000-4000-8000-000000010010'::uuid,
            'Logins in 7 days', 'login', '#3399FF', true,
            37, 24, 18, 6,
            'metric',
            '{
                "collection": "activity_sql_totals",
                "field": "logins_7d",
                "function": "sum",
                "numberStyle": "decimal",
                "notation": "standard",
                "maximumFractionDigits": 0,
                "conditionalFormatting": [{"operator": ">=", "value": 0, "color": "#3399FF"}]
            }'::jsonb
        ),
        (
            'ac71f17e-0000-4000-8000-000000010000'::uuid,
            'ac71f17e-0000-4000-8000-000000010011'::uuid,
            'Busiest collections, 7 days', 'database', '#FFA439', true,
            1, 30, 27, 21,
            'metric-list',
            '{
                "collection": "activity_sql_hours",
                "conditionalFormatting": [{"operator": ">=", "value": 0, "color": "#FFA439"}],
                "limit": 5,
                "groupByField": "collection",
                "aggregateField": "actions",
                "aggregateFunction": "sum",
                "sortDirection": "desc",
                "numberStyle": "decimal",
                "notation": "standard",
                "filter": {"_and": [{"hour": {"_gte": "$NOW(-7 days)"}}]}
            }'::jsonb
        ),
        (
            'ac71f17e-0000-4000-8000-000000010000'::uuid,
            'ac71f17e-0000-4000-8000-000000010012'::uuid,
            'Kinds of action, 7 days', 'category', '#FFA439', true,
            28, 30, 27, 21,
            'metric-list',
            '{
                "collection": "activity_sql_days",
                "conditionalFormatting": [{"operator": ">=", "value": 0, "color": "#FFA439"}],
                "limit": 5,
                "groupByField": "action",
                "aggregateField": "actions",
                "aggregateFunction": "sum",
                "sortDirection": "desc",
                "numberStyle": "decimal",
                "notation": "standard",
                "filter": {"_and": [{"day": {"_gte": "$NOW(-7 days)"}}]}
            }'::jsonb
        ),
        (
            'ac71f17e-0000-4000-8000-000000010000'::uuid,
            'ac71f17e-0000-4000-8000-000000010013'::uuid,
            'Most engaged people, 30 days', 'person', '#3399FF', true,
            1, 51, 27, 22,
            'list',
            '{
                "collection": "activity_sql_users",
                "limit": 8,
                "sortField": "place",
                "sortDirection": "asc",
                "displayTemplate": "{{name}} · {{engagement_level}}, {{actions}} actions",
                "linkToItem": false
            }'::jsonb
        ),
        (
            'ac71f17e-0000-4000-8000-000000010000'::uuid,
            'ac71f17e-0000-4000-8000-000000010014'::uuid,
            'Actions by day, 90 days', 'calendar_month', '#2ECDA7', true,
            28, 51, 27, 22,
            'time-series',
            '{
                "collection": "activity_sql_days",
                "function": "sum",
                "valueField": "actions",
                "dateField": "day",
                "precision": "day",
                "range": "3 months",
                "color": "#2ECDA7",
                "fillType": "gradient",
                "curveType": "smooth",
                "decimals": 0,
                "missingData": "0"
            }'::jsonb
        )
{% endraw %};
END;
$function$;

COMMENT ON FUNCTION activity_sql.activity_panels() IS
    'The panels of the dashboard Activity, as directus_panels has them.';

REVOKE ALL ON FUNCTION activity_sql.activity_panels() FROM PUBLIC;
