-- The rows that detectors judge, and which of them are a request of their own.
--
-- Rows of one user, address, collection and action that follow each other within a tenth of a
-- second, ten or more, are taken for one request: Directus writes the rows of a batch 2 to 9
-- ms apart. request is 1 for its first row, 0 for the others, and 1 for every row outside of one.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT.
-- Cost: grows with the rows of the window, which are sorted by time.
CREATE OR REPLACE FUNCTION activity_sql.judged_requests(
    p_hours       integer,
    p_as_of       timestamptz,
    p_before      interval DEFAULT '0',
    p_actions     text[]   DEFAULT NULL,
    p_collections text[]   DEFAULT NULL
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
    ),
    -- Where no ten rows of any kind follow each other so fast, none of one kind do: few are left
    -- to be sorted by kind.
    dense AS MATERIALIZED (
        SELECT near.id
        FROM (
            SELECT
                timed.id,
                bool_or(timed.ends_ten) OVER (
                    ORDER BY timed."timestamp", timed.id
                    ROWS BETWEEN CURRENT ROW AND 9 FOLLOWING
                ) AS is_dense
            FROM (
                SELECT
                    seen.id,
                    seen."timestamp",
                    seen."timestamp" - lag(seen."timestamp", 9) OVER (
                        ORDER BY seen."timestamp", seen.id
                    ) <= interval '900 milliseconds' AS ends_ten
                FROM judged AS seen
            ) AS timed
        ) AS near
        WHERE near.is_dense
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
            seen."timestamp" - lag(seen."timestamp") OVER of_a_kind
                <= interval '100 milliseconds' AS follows
        FROM judged AS seen
        JOIN dense ON dense.id = seen.id
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
    WHERE NOT EXISTS (SELECT FROM dense WHERE dense.id = seen.id)
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
    integer, timestamptz, interval, text [], text []
) IS
    'The rows of activity_sql.judged_rows with request: 1, but 0 for each row after the first of a '
    'run of ten or more of one user, address, collection and action in an hour, at most 100 ms '
    'apart.';

REVOKE ALL ON FUNCTION activity_sql.judged_requests(
    integer, timestamptz, interval, text [], text []
) FROM PUBLIC;
