-- The rows that detectors judge, and which of them are a request of their own.
--
-- Rows of one user, address, collection and action that follow each other within a tenth of a
-- second, ten or more, are taken for one request: Directus writes the rows of a batch 2 to 9
-- ms apart. request is 1 for its first row, 0 for the others, and 1 for every row outside of one.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT.
-- Cost: grows with the rows of the window, which are grouped by the second.
CREATE OR REPLACE FUNCTION activity_sql.judged_requests(
    p_hours       integer,
    p_as_of       timestamptz,
    p_before      interval DEFAULT '0',
    p_actions     text[]   DEFAULT NULL,
    p_collections text[]   DEFAULT NULL,
    p_users       uuid[]   DEFAULT NULL
)
    RETURNS TABLE (
        hour_end    timestamptz,
        user_id     uuid,
        ip          text,
        collection  text,
        action      text,
        "timestamp" timestamptz,
        request     integer
    )
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_generic_plan
    SET jit = off
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH judged AS MATERIALIZED (
        SELECT
            seen.id,
            seen.hour_end,
            seen.user_id,
            seen.ip,
            seen.collection,
            seen.action,
            seen."timestamp"
        FROM activity_sql.judged_rows(
            p_hours, p_as_of, p_before, p_actions, p_collections
        ) AS seen
        WHERE p_users IS NULL OR seen.user_id = ANY (p_users)
    ),
    -- Ten rows that follow each other so fast are within two seconds of the clock. Where there are
    -- no ten of any kind, there are none of one: few rows are left to be sorted by kind.
    dense AS MATERIALIZED (
        SELECT near.second
        FROM (
            SELECT
                timed.second,
                sum(timed.rows) OVER (
                    ORDER BY timed.second
                    RANGE BETWEEN interval '1 second' PRECEDING AND interval '1 second' FOLLOWING
                ) AS rows
            FROM (
                SELECT
                    date_bin('1 second', seen."timestamp", '2000-01-01 00:00:00+00') AS second,
                    count(*) AS rows
                FROM judged AS seen
                GROUP BY 1
            ) AS timed
        ) AS near
        WHERE near.rows >= 10
    ),
    spaced AS (
        SELECT
            seen.id,
            seen.hour_end,
            seen.user_id,
            seen.ip,
            seen.collection,
            seen.action,
            seen."timestamp",
            -- Not as a difference, which infinity has none of.
            lag(seen."timestamp") OVER of_a_kind
                >= seen."timestamp" - interval '100 milliseconds' AS follows
        FROM judged AS seen
        JOIN dense
            ON dense.second = date_bin('1 second', seen."timestamp", '2000-01-01 00:00:00+00')
        WINDOW of_a_kind AS (
            PARTITION BY
                seen.user_id, seen.ip, seen.collection, seen.action, seen.hour_end
            ORDER BY seen."timestamp", seen.id
        )
    ),
    strung AS (
        SELECT
            spaced.id,
            spaced.hour_end,
            spaced.user_id,
            spaced.ip,
            spaced.collection,
            spaced.action,
            spaced."timestamp",
            coalesce(spaced.follows, false) AS follows,
            count(*) FILTER (WHERE spaced.follows IS NOT TRUE) OVER of_a_kind AS run
        FROM spaced
        WINDOW of_a_kind AS (
            PARTITION BY
                spaced.user_id, spaced.ip, spaced.collection, spaced.action, spaced.hour_end
            ORDER BY spaced."timestamp", spaced.id
        )
    )
    SELECT
        seen.hour_end,
        seen.user_id,
        seen.ip,
        seen.collection,
        seen.action,
        seen."timestamp",
        1
    FROM judged AS seen
    WHERE NOT EXISTS (
        SELECT FROM dense
        WHERE dense.second = date_bin('1 second', seen."timestamp", '2000-01-01 00:00:00+00')
    )
    UNION ALL
    SELECT
        strung.hour_end,
        strung.user_id,
        strung.ip,
        strung.collection,
        strung.action,
        strung."timestamp",
        CASE WHEN strung.follows AND count(*) OVER of_a_run >= 10 THEN 0 ELSE 1 END
    FROM strung
    WINDOW of_a_run AS (
        PARTITION BY
            strung.user_id,
            strung.ip,
            strung.collection,
            strung.action,
            strung.hour_end,
            strung.run
    );
END;
$function$;

COMMENT ON FUNCTION activity_sql.judged_requests(
    integer, timestamptz, interval, text [], text [], uuid []
) IS
    'The rows of activity_sql.judged_rows with request: 1, but 0 for each row after the first of a '
    'run of ten or more of one user, address, collection and action in an hour, at most 100 ms '
    'apart. p_users, where not NULL, asks for theirs only.';

REVOKE ALL ON FUNCTION activity_sql.judged_requests(
    integer, timestamptz, interval, text [], text [], uuid []
) FROM PUBLIC;
