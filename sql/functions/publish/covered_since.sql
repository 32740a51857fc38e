-- How far back figures go.
--
-- Locks: ACCESS SHARE on our rollups. Cost: microseconds: the first day and the first hour
-- by their keys.
CREATE OR REPLACE FUNCTION activity_sql.covered_since()
    RETURNS timestamptz
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN (
        SELECT activity_sql.day_start(
            (
                SELECT rollup.bucket
                FROM activity_sql.collection_action_rollup AS rollup
                WHERE rollup.grain = 'd' AND rollup.bucket > '-infinity'
                ORDER BY rollup.bucket
                LIMIT 1
            ),
            mark.time_zone
        )
        FROM activity_sql.watermark AS mark
    );
END;
$function$;

COMMENT ON FUNCTION activity_sql.covered_since() IS
    'The start of the first day with activity in the rollups; NULL where nothing is folded.';

REVOKE ALL ON FUNCTION activity_sql.covered_since() FROM PUBLIC;
