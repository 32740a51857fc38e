-- What we put into Directus's own tables: dashboards, their panels, and a policy that lets
-- people read both and nothing else.
--
-- Fixed ids. Directus numbers permissions itself, from 1 on: ours count down from below 0.
-- Directus has policies since 11; before, the rights are those of a role. Directus 12's free
-- plan ignores permissions with rules of their own, so dashboards are readable all or none;
-- what a panel shows is subject to its reader's rights on its table.
--
-- Locks: none. Cost: none.
CREATE OR REPLACE FUNCTION activity_sql.wanted_rows()
    RETURNS TABLE (place bigint, relation text, id text, content jsonb)
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    v_policy     text := 'ac71f17e-0000-4000-8000-000000000001';
    v_has_policy boolean := to_regclass(
        {{ (directus ~ ".directus_policies") | literal }}
    ) IS NOT NULL;
BEGIN
    RETURN QUERY
    SELECT
        row_number() OVER (ORDER BY wanted.part, wanted.id),
        wanted.relation,
        wanted.id,
        wanted.content
    FROM (
        SELECT
            1 AS part,
            'directus_dashboards' AS relation,
            dashboard.id::text AS id,
            to_jsonb(dashboard) AS content
        FROM activity_sql.dashboards() AS dashboard
        UNION ALL
        SELECT 2, 'directus_panels', panel.id::text, to_jsonb(panel)
        FROM activity_sql.activity_panels() AS panel
        UNION ALL
        SELECT 2, 'directus_panels', panel.id::text, to_jsonb(panel)
        FROM activity_sql.security_panels() AS panel
        UNION ALL
        SELECT 2, 'directus_panels', panel.id::text, to_jsonb(panel)
        FROM activity_sql.health_panels() AS panel
        UNION ALL
        SELECT
            3,
            CASE WHEN v_has_policy THEN 'directus_policies' ELSE 'directus_roles' END,
            v_policy,
            jsonb_build_object(
                'id', v_policy,
                'name', 'Activity analytics (read)',
                'icon', 'monitoring',
                'description', 'Reads the figures and dashboards of activity-sql, nothing else.',
                'admin_access', false,
                -- A policy adds to what its holder has; a role is all that its holder has.
                'app_access', NOT v_has_policy
            )
        UNION ALL
        SELECT
            4,
            'directus_permissions',
            (-7117000 - readable.place)::text,
            jsonb_build_object(
                'id', -7117000 - readable.place,
                CASE WHEN v_has_policy THEN 'policy' ELSE 'role' END, v_policy,
                'collection', readable.collection,
                'action', 'read',
                'fields', '*',
                'permissions', '{}'::jsonb
            )
        FROM unnest(
            ARRAY[
                'activity_sql_hours',
                'activity_sql_days',
                'activity_sql_addresses',
                'activity_sql_users',
                'activity_sql_alerts',
                'activity_sql_totals',
                'activity_sql_health',
                'directus_dashboards',
                'directus_panels'
            ]
        ) WITH ORDINALITY AS readable (collection, place)
    ) AS wanted;
END;
$function$;

COMMENT ON FUNCTION activity_sql.wanted_rows() IS
    'The rows that install_dashboards puts into tables of Directus, in the order in which they '
    'need each other.';

REVOKE ALL ON FUNCTION activity_sql.wanted_rows() FROM PUBLIC;
