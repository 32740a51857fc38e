-- Where directus_activity and the rollups differ, by hour and whether the action is
-- run: Directus keeps two retentions, and either may be off.
--
-- Locks: ACCESS SHARE. Cost: reads the rows of the range once; some 10 s for ten
-- million.
CREATE OR REPLACE FUNCTION activity_sql.compare_rollups(
    p_from timestamptz DEFAULT NULL,
    p_to   timestamptz DEFAULT NULL
)
    RETURNS TABLE (
        hour        timestamptz,
        is_run      boolean,
        base_rows   bigint,
        folded_rows bigint,
        verdict     text
    )
    LANGUAGE plpgsql
    STABLE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    v_mark activity_sql.watermark;
    v_from timestamptz;
BEGIN
    SELECT
        mark.settled_id,
        mark.hours_since,
        mark.excluded_actions,
        mark.excluded_users
    INTO
        v_mark.settled_id,
        v_mark.hours_since,
        v_mark.excluded_actions,
        v_mark.excluded_users
    FROM activity_sql.watermark AS mark;
    v_from := greatest(activity_sql.hour_of(p_from), v_mark.hours_since);

    RETURN QUERY
    WITH base AS (
        SELECT
            activity_sql.hour_of(activity."timestamp") AS hour,
            activity.action = 'run' AS is_run,
            count(*) AS row_count,
            bit_xor(activity_sql.row_fingerprint(
                activity.id,
                activity.action,
                activity."user",
                activity."timestamp",
                activity.ip,
                activity.collection
            )) AS fingerprint
        FROM {{ directus }}.directus_activity AS activity
        WHERE activity.id <= v_mark.settled_id
            AND activity."timestamp" >= v_from
            AND activity.action <> ALL (v_mark.excluded_actions)
            AND (activity."user" IS NULL OR activity."user" <> ALL (v_mark.excluded_users))
        GROUP BY 1, 2
    ),
    folded AS (
        SELECT
            hourly.hour,
            part.is_run,
            part.row_count::bigint AS row_count,
            part.fingerprint
        FROM activity_sql.activity_hour AS hourly
        CROSS JOIN LATERAL (
            VALUES
                (
                    false,
                    hourly.actions - hourly.run_actions,
                    hourly.fingerprint # hourly.run_fingerprint
                ),
                (true, hourly.run_actions, hourly.run_fingerprint)
        ) AS part (is_run, row_count, fingerprint)
        WHERE hourly.hour >= v_from AND part.row_count > 0
    )
    SELECT
        hour,
        is_run,
        coalesce(base.row_count, 0),
        coalesce(folded.row_count, 0),
        CASE
            WHEN coalesce(base.row_count, 0) < coalesce(folded.row_count, 0) THEN 'pruned'
            ELSE 'changed'
        END
    FROM base
    FULL JOIN folded USING (hour, is_run)
    WHERE (p_to IS NULL OR hour < p_to)
        AND (base.row_count, base.fingerprint)
        IS DISTINCT FROM (folded.row_count, folded.fingerprint)
    ORDER BY hour, is_run;
END;
$function$;

COMMENT ON FUNCTION activity_sql.compare_rollups(timestamptz, timestamptz) IS
    'The hours from the one of p_from up to p_to (NULL: all that are kept) whose rows with id <= '
    'settled_id are not those that were folded. base_rows: rows in directus_activity; verdict: '
    'pruned where there are fewer than folded_rows, else changed.';

REVOKE ALL ON FUNCTION activity_sql.compare_rollups(timestamptz, timestamptz) FROM PUBLIC;
