-- The dashboards, by fixed ids.
--
-- Locks: none. Cost: none.
CREATE OR REPLACE FUNCTION activity_sql.dashboards()
    RETURNS TABLE (id uuid, name text, icon text, color text, note text)
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    VALUES
        (
            'ac71f17e-0000-4000-8000-000000010000'::uuid, 'Activity', 'insights', '#6644FF',
            'What is done in this Directus, by whom and when'
        ),
        (
            'ac71f17e-0000-4000-8000-000000020000'::uuid, 'Security', 'security', '#E35169',
            'Addresses and hours that stand out, and why'
        ),
        (
            'ac71f17e-0000-4000-8000-000000030000'::uuid, 'Health', 'monitor_heart', '#2ECDA7',
            'How fresh the figures are, how far they go back, and what they cannot see'
        );
END;
$function$;

COMMENT ON FUNCTION activity_sql.dashboards() IS 'The dashboards, as directus_dashboards has them.';

REVOKE ALL ON FUNCTION activity_sql.dashboards() FROM PUBLIC;
