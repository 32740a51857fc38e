-- Rows between two ids go into everything that is kept of them.
--
-- With the archive on they are copied first and folded from the copy: retention
-- may delete some between two statements, and rollups and archive must agree.
--
-- Locks: ACCESS SHARE on directus_activity; the caller holds the watermark's row.
-- Cost: grows with the rows.
CREATE OR REPLACE FUNCTION activity_sql.fold(p_after bigint, p_to bigint)
    RETURNS bigint
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
DECLARE
    v_archive boolean;
    v_rows    bigint;
BEGIN
    SELECT setting.archive
    INTO v_archive
    FROM activity_sql.setting AS setting;

    IF v_archive THEN
        PERFORM activity_sql.add_month_partitions('activity_archive', ARRAY(
            SELECT DISTINCT date_trunc('month', activity."timestamp", 'UTC')
            FROM {{ directus }}.directus_activity AS activity
            WHERE activity.id > p_after AND activity.id <= p_to
        ));
        INSERT INTO activity_sql.activity_archive (
            id, action, "user", "timestamp", ip, collection, item
        )
        SELECT
            activity.id,
            activity.action,
            activity."user",
            activity."timestamp",
            activity.ip,
            activity.collection,
            activity.item
        FROM {{ directus }}.directus_activity AS activity
        WHERE activity.id > p_after AND activity.id <= p_to;
    END IF;

    v_rows := activity_sql.fill_batch(
        p_after, p_to, NULL, NULL, CASE WHEN v_archive THEN 'archive' ELSE 'rows' END
    );
    IF v_rows = 0 THEN
        RETURN 0;
    END IF;

    PERFORM activity_sql.fold_hours();
    PERFORM activity_sql.fold_days();
    PERFORM activity_sql.fold_user_agents(p_after, p_to);
    RETURN v_rows;
END;
$function$;

COMMENT ON FUNCTION activity_sql.fold(bigint, bigint) IS
    'Adds the rows with p_after < id <= p_to to the rollups, and to the archive where that is on. '
    'Returns how many, without the excluded. Moves no watermark: refresh_activity_rollups does.';

REVOKE ALL ON FUNCTION activity_sql.fold(bigint, bigint) FROM PUBLIC;
