-- The panels of the dashboard Health, by fixed ids, on the published tables.
--
-- The grid has 18 px a unit in Directus 12.4; a number of less than 18 units is clipped.
--
-- Locks: none. Cost: none.
CREATE OR REPLACE FUNCTION activity_sql.health_panels()
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
            'ac71f17e-0000-4000-8000-000000030000'::uuid,
            'ac71f17e-0000-4000-8000-000000030001'::uuid,
            'Rows not counted yet', 'hourglass_empty', '#2ECDA7', true,
            1, 1, 18, 6,
            'metric',
            '{
                "collection": "activity_sql_totals",
                "field": "lag_rows",
                "function": "sum",
                "numberStyle": "decimal",
                "notation": "standard",
                "maximumFractionDigits": 0,
                "conditionalFormatting": [{"operator": ">=", "value": 0, "color": "#2ECDA7"}]
            }'::jsonb
        ),
        (
            'ac71f17e-0000-4000-8000-000000030000'::uuid,
            'ac71f17e-0000-4000-8000-000000030002'::uuid,
            'Seconds behind', 'schedule', '#2ECDA7', true,
            19, 1, 18, 6,
            'metric',
            '{
                "collection": "activity_sql_totals",
                "field": "lag_seconds",
                "function": "sum",
                "numberStyle": "decimal",
                "notation": "standard",
                "maximumFractionDigits": 0,
                "conditionalFormatting": [{"operator": ">=", "value": 0, "color": "#2ECDA7"}]
            }'::jsonb
        ),
        (
            'ac71f17e-0000-4000-8000-000000030000'::uuid,
            'ac71f17e-0000-4000-8000-000000030003'::uuid,
            'Actions counted, 30 days', 'functions', '#2ECDA7', true,
            37, 1, 18, 6,
            'metric',
            '{
                "collection": "activity_sql_totals",
                "field": "actions_30d",
                "function": "sum",
                "numberStyle": "decimal",
                "notation": "standard",
                "maximumFractionDigits": 0,
                "conditionalFormatting": [{"operator": ">=", "value": 0, "color": "#2ECDA7"}]
            }'::jsonb
        ),
        (
            'ac71f17e-0000-4000-8000-000000030000'::uuid,
            'ac71f17e-0000-4000-8000-000000030004'::uuid,
            'State', 'fact_check', '#2ECDA7', true,
            1, 7, 54, 15,
            'list',
            '{
                "collection": "activity_sql_health",
                "limit": 10,
                "sortField": "id",
                "sortDirection": "asc",
                "displayTemplate": "{{status}} · {{topic}}: {{detail}}",
                "linkToItem": false,
                "filter": {"_and": [{"status": {"_neq": "blind"}}]}
            }'::jsonb
        ),
        (
            'ac71f17e-0000-4000-8000-000000030000'::uuid,
            'ac71f17e-0000-4000-8000-000000030005'::uuid,
            'What no figure can see', 'visibility_off', '#FFA439', true,
            1, 22, 54, 15,
            'list',
            '{
                "collection": "activity_sql_health",
                "limit": 10,
                "sortField": "id",
                "sortDirection": "asc",
                "displayTemplate": "{{topic}}: {{detail}}",
                "linkToItem": false,
                "filter": {"_and": [{"status": {"_eq": "blind"}}]}
            }'::jsonb
        )
{% endraw %};
END;
$function$;

COMMENT ON FUNCTION activity_sql.health_panels() IS
    'The panels of the dashboard Health, as directus_panels has them.';

REVOKE ALL ON FUNCTION activity_sql.health_panels() FROM PUBLIC;
