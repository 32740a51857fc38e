-- The watermark goes below every id that is there. Archived copies of rows that are
-- there go, since those are folded anew; the others' ids may come again, so they are
-- moved below all of them, by more than a 32-bit id can be.
--
-- Locks: the caller holds the watermark's row. Cost: writes the archive once more.
CREATE OR REPLACE FUNCTION activity_sql.forget_ids()
    RETURNS void
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
AS $function$
BEGIN
    DELETE FROM activity_sql.activity_archive AS archived
    USING {{ directus }}.directus_activity AS activity
    WHERE activity.id = archived.id
        AND (
            activity."timestamp" = archived."timestamp"
            OR (activity.collection, activity.item) = (archived.collection, archived.item)
        );
    UPDATE activity_sql.activity_archive
    SET id = id - 8589934592;

    UPDATE activity_sql.watermark
    SET
        settled_id = (
            SELECT least(coalesce(min(activity.id), 1), 1) - 1
            FROM {{ directus }}.directus_activity AS activity
        ),
        candidate_id = NULL,
        candidate_holders = NULL;
END;
$function$;

COMMENT ON FUNCTION activity_sql.forget_ids() IS
    'Counts every row in directus_activity as not yet folded. Only for restart_ids and '
    'rebuild_rollups.';

REVOKE ALL ON FUNCTION activity_sql.forget_ids() FROM PUBLIC;
