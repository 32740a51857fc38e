-- Take out of Directus's tables what install_dashboards put there.
--
-- Edited or not: they read tables of ours. A dashboard to which a user added panels stays,
-- with these. Who had the policy has it no longer.
--
-- Locks: those of the rows. Cost: milliseconds.
CREATE OR REPLACE FUNCTION activity_sql.remove_dashboards()
    RETURNS TABLE (relation text, removed bigint)
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    v_schema   text := {{ directus | literal }};
    v_relation text;
    v_ids      text[];
BEGIN
    FOREACH v_relation IN ARRAY ARRAY[
        'directus_permissions',
        'directus_access',
        'directus_policies',
        'directus_roles',
        'directus_panels',
        'directus_dashboards'
    ] LOOP
        SELECT array_agg(placed.id)
        INTO v_ids
        FROM activity_sql.placed_row AS placed
        WHERE placed.relation = CASE v_relation
            WHEN 'directus_access' THEN 'directus_policies'
            ELSE v_relation
        END;
        -- Directus 11 made policies of roles.
        CONTINUE WHEN v_ids IS NULL
            OR to_regclass(format('%s.%I', v_schema, v_relation)) IS NULL;
        EXECUTE format(
            'DELETE FROM %1$s.%2$I AS placed WHERE placed.%3$I::text = ANY ($1) AND NOT ('
            '$2 AND EXISTS (SELECT FROM %1$s.directus_panels AS panel '
            'WHERE panel.dashboard::text = placed.id::text))',
            v_schema,
            v_relation,
            CASE v_relation WHEN 'directus_access' THEN 'policy' ELSE 'id' END
        )
        USING v_ids, v_relation = 'directus_dashboards';
        relation := v_relation;
        GET DIAGNOSTICS removed = ROW_COUNT;
        RETURN NEXT;
    END LOOP;
    DELETE FROM activity_sql.placed_row;
END;
$function$;

COMMENT ON FUNCTION activity_sql.remove_dashboards() IS
    'Removes what install_dashboards put into Directus, edited or not, but for a dashboard to '
    'which a user added panels. One row per table of Directus.';

REVOKE ALL ON FUNCTION activity_sql.remove_dashboards() FROM PUBLIC;
