-- The headline figures of the last p_days days beside as many before.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT. Cost: that of a dashboard and a
-- comparison by action.
CREATE OR REPLACE FUNCTION activity_sql.window_figures(p_days integer)
    RETURNS TABLE (
        summary jsonb,
        actions bigint,
        before  bigint,
        logins  bigint,
        deletes bigint
    )
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT
        {{ directus }}.get_activity_dashboard(p_days) -> 'summary',
        coalesce(sum(trend.current_count), 0)::bigint,
        coalesce(sum(trend.previous_count), 0)::bigint,
        coalesce(sum(trend.current_count) FILTER (WHERE trend.subject = 'login'), 0)::bigint,
        coalesce(sum(trend.current_count) FILTER (WHERE trend.subject = 'delete'), 0)::bigint
    FROM {{ directus }}.get_activity_trends(p_days, 'action', NULL) AS trend;
END;
$function$;

COMMENT ON FUNCTION activity_sql.window_figures(integer) IS
    'One row: summary of get_activity_dashboard, and from get_activity_trends the actions of the '
    'window and of the one before, its logins and deletes.';

REVOKE ALL ON FUNCTION activity_sql.window_figures(integer) FROM PUBLIC;
