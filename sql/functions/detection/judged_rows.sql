-- The rows that detectors judge: of the last p_hours hours, each with the hour it is in.
--
-- An hour here is counted back from the window's end, not the clock's.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT.
-- Cost: grows with the rows of the window.
CREATE OR REPLACE FUNCTION activity_sql.judged_rows(
    p_hours       integer,
    p_as_of       timestamptz,
    p_before      interval DEFAULT '0',
    p_actions     text[]   DEFAULT NULL,
    p_collections text[]   DEFAULT NULL
)
    RETURNS TABLE (
        hour_end    timestamptz,
        id          bigint,
        user_id     uuid,
        ip          text,
        collection  text,
        action      text,
        "timestamp" timestamptz
    )
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    v_from             timestamptz := activity_sql.window_start(p_hours, p_as_of);
    v_last             timestamptz := v_from + make_interval(hours => p_hours - 1);
    v_excluded_actions text[];
    v_excluded_users   uuid[];
    v_archived         boolean;
BEGIN
    SELECT
        mark.excluded_actions,
        mark.excluded_users,
        setting.archive AND activity_sql.readable_source(
            activity_sql.hour_of(v_from - p_before),
            activity_sql.hour_of(coalesce(p_as_of, now())) + interval '1 hour'
        ) = 'archive'
    INTO v_excluded_actions, v_excluded_users, v_archived
    FROM activity_sql.watermark AS mark
    CROSS JOIN activity_sql.setting AS setting;

    RETURN QUERY
    WITH seen AS (
        SELECT
            activity.id::bigint AS id,
            activity."user",
            activity.ip::text COLLATE "C" AS ip,
            activity.collection::text COLLATE "C" AS collection,
            activity.action::text COLLATE "C" AS action,
            activity."timestamp"
        FROM {{ directus }}.directus_activity AS activity
        WHERE activity."timestamp" >= v_from - p_before
            AND (p_as_of IS NULL OR activity."timestamp" < p_as_of)
            AND (
                v_archived IS NOT TRUE
                OR activity.id > (SELECT mark.settled_id FROM activity_sql.watermark AS mark)
            )
            AND activity.action <> ALL (v_excluded_actions)
            AND (activity."user" IS NULL OR activity."user" <> ALL (v_excluded_users))
        UNION ALL
        SELECT
            archived.id,
            archived."user",
            archived.ip COLLATE "C",
            archived.collection COLLATE "C",
            archived.action COLLATE "C",
            archived."timestamp"
        FROM activity_sql.activity_archive AS archived
        WHERE v_archived
            AND archived."timestamp" >= v_from - p_before
            AND (p_as_of IS NULL OR archived."timestamp" < p_as_of)
            AND archived.action <> ALL (v_excluded_actions)
            AND (archived."user" IS NULL OR archived."user" <> ALL (v_excluded_users))
    )
    SELECT
        -- Rows stamped ahead of the clock are of the last hour.
        least(
            date_bin('1 hour', seen."timestamp", v_from), v_last
        ) + interval '1 hour',
        seen.id,
        seen."user",
        seen.ip,
        seen.collection,
        seen.action,
        seen."timestamp"
    FROM seen
    WHERE (p_actions IS NULL OR seen.action = ANY (p_actions))
        AND (p_collections IS NULL OR seen.collection = ANY (p_collections));
END;
$function$;

COMMENT ON FUNCTION activity_sql.judged_rows(
    integer, timestamptz, interval, text [], text []
) IS
    'The rows of the last p_hours hours before p_as_of (NULL: now, and what is stamped later), and '
    'of p_before ahead of these, without the excluded; from the archive where that is on and the '
    'rows are gone. p_actions and p_collections, where not NULL, ask for theirs only. hour_end: the '
    'end of the hour it is in, counted from the window''s end; that of rows before the window is '
    'not after its start.';

REVOKE ALL ON FUNCTION activity_sql.judged_rows(integer, timestamptz, interval, text [], text [])
    FROM PUBLIC;
