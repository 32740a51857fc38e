-- How long the usual questions take on this database, now.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT.
-- Cost: that of asking seven questions once.
CREATE OR REPLACE FUNCTION {{ directus }}.test_activity_query_performance()
    RETURNS TABLE (query_name text, execution_time_ms numeric, rows_returned bigint)
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    v_started timestamptz;
BEGIN
    FOREACH query_name IN ARRAY ARRAY[
        'Dashboard (7 days)',
        'Collection Aggregation (7 days)',
        'Hourly Time Series (24 hours)',
        'IP Aggregation (7 days, top 100)',
        'IP and Action Breakdown (30 days)',
        'User Engagement (30 days)',
        'Collection, Action and Day (7 days)'
    ] LOOP
        v_started := clock_timestamp();
        rows_returned := CASE query_name
            WHEN 'Dashboard (7 days)'
                THEN (SELECT count(*) FROM {{ directus }}.get_activity_dashboard(7))
            WHEN 'Collection Aggregation (7 days)'
                THEN (SELECT count(*) FROM {{ directus }}.get_collection_activity_stats(7))
            WHEN 'Hourly Time Series (24 hours)'
                THEN (SELECT count(*) FROM {{ directus }}.get_hourly_activity(24))
            WHEN 'IP Aggregation (7 days, top 100)'
                THEN (SELECT count(*) FROM {{ directus }}.get_ip_activity_stats(7, 1, 100))
            WHEN 'IP and Action Breakdown (30 days)'
                THEN (SELECT count(*) FROM {{ directus }}.get_ip_action_stats(30))
            WHEN 'User Engagement (30 days)'
                THEN (SELECT count(*) FROM {{ directus }}.get_user_engagement_metrics(30))
            ELSE (SELECT count(*) FROM {{ directus }}.get_activity_breakdown(7))
        END;
        execution_time_ms :=
            round(extract(epoch FROM clock_timestamp() - v_started) * 1000, 3);
        RETURN NEXT;
    END LOOP;
END;
$function$;

COMMENT ON FUNCTION {{ directus }}.test_activity_query_performance() IS
    'Asks the usual questions once each, on the data as it is. One row per question: its name, how '
    'long it took in milliseconds, and how many rows it returned.';

REVOKE ALL ON FUNCTION {{ directus }}.test_activity_query_performance() FROM PUBLIC;
