-- Another body and fewer columns than today's.
CREATE FUNCTION {{ directus }}.get_ip_activity_stats(
    p_days      integer     DEFAULT 7,
    p_min_count integer     DEFAULT 10,
    p_limit     integer     DEFAULT 50,
    p_as_of     timestamptz DEFAULT NULL
)
    RETURNS TABLE (ip varchar(50), total_actions bigint)
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT activity.ip, count(*)
    FROM {{ directus }}.directus_activity AS activity
    GROUP BY activity.ip;
END;
$function$;

COMMENT ON FUNCTION {{ directus }}.get_ip_activity_stats(integer, integer, integer, timestamptz) IS
    'Activity per IP address.';

REVOKE ALL ON FUNCTION {{ directus }}.get_ip_activity_stats(integer, integer, integer, timestamptz)
    FROM PUBLIC;
