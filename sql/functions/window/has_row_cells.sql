-- Whether activity_sql.row_cells has anything to read, asked first by every question: where nothing is
-- newer than the last fold, and no edge needs rows, there is nothing to plan for.
--
-- The last id, not the ids above the watermark: of a parameter the planner would think that it leaves a
-- third of the table.
--
-- Locks: ACCESS SHARE on directus_activity. Cost: one look into its primary key.
CREATE OR REPLACE FUNCTION activity_sql.has_row_cells(p_window activity_sql.window_parts)
    RETURNS boolean
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    SET plan_cache_mode = force_generic_plan
AS $function$
DECLARE
    v_last bigint;
BEGIN
    IF p_window.settled_id IS NULL
        OR p_window.rows1_from IS NOT NULL
        OR p_window.rows2_from IS NOT NULL
        OR p_window.archived1_from IS NOT NULL
        OR p_window.archived2_from IS NOT NULL
    THEN
        RETURN true;
    END IF;

    SELECT max(activity.id)
    INTO v_last
    FROM {{ directus }}.directus_activity AS activity;
    RETURN coalesce(v_last > p_window.settled_id, false);
END;
$function$;

COMMENT ON FUNCTION activity_sql.has_row_cells(activity_sql.window_parts) IS
    'Whether there are rows that no fold has seen, or edges of the window that only rows or the archive '
    'can cut.';

REVOKE ALL ON FUNCTION activity_sql.has_row_cells(activity_sql.window_parts) FROM PUBLIC;
