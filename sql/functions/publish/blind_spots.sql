-- What no figure can tell, and why: the one place that says so to the published tables.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT. Cost: that of
-- detection_coverage.
CREATE OR REPLACE FUNCTION activity_sql.blind_spots()
    RETURNS TABLE (topic text, detail text)
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT
        CASE
            WHEN count(*) = 1 THEN upper(left(min(blind.name), 1)) || substr(min(blind.name), 2)
            ELSE 'Detectors'
        END,
        CASE
            WHEN count(*) = 1 THEN blind.reason
            ELSE format(
                '%s: %s', string_agg(blind.name, ', ' ORDER BY blind.name COLLATE "C"), blind.reason
            )
        END
    FROM (
        SELECT replace(coverage.detector, '_', ' ') AS name, coverage.reason
        FROM {{ directus }}.detection_coverage() AS coverage
        WHERE NOT coverage.active
    ) AS blind
    GROUP BY blind.reason
    UNION ALL
    VALUES (
        'Collections without accountability',
        'those set to record nothing leave no activity'
    );
END;
$function$;

COMMENT ON FUNCTION activity_sql.blind_spots() IS
    'One row per reason for which detection_coverage calls detectors blind, and for what leaves no '
    'activity at all.';

REVOKE ALL ON FUNCTION activity_sql.blind_spots() FROM PUBLIC;
