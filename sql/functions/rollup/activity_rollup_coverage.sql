-- How far back an answer is exact.
--
-- An edge is exact in an hour that kept the moments of its rows. In others, and where hours are no
-- longer kept, it is while its rows can be read: as many as were folded in its bucket are in
-- directus_activity, or in the archive. The last bucket of which that is not true says since when
-- every edge is.
--
-- Locks: ACCESS SHARE. Cost: counts the rows up to the last such bucket once; some 2 s for ten
-- million.
CREATE OR REPLACE FUNCTION {{ directus }}.activity_rollup_coverage()
    RETURNS TABLE (
        grain          text,
        exact_since    timestamptz,
        rounded_before timestamptz,
        lag_rows       bigint,
        settled_id     bigint
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
    v_mark  activity_sql.watermark;
    v_first timestamptz;
    v_until timestamptz;
    v_gone  timestamptz;
    v_lag   bigint;
BEGIN
    SELECT
        mark.settled_id,
        mark.hours_since,
        mark.time_zone,
        mark.excluded_actions,
        mark.excluded_users
    INTO
        v_mark.settled_id,
        v_mark.hours_since,
        v_mark.time_zone,
        v_mark.excluded_actions,
        v_mark.excluded_users
    FROM activity_sql.watermark AS mark;
    v_lag := activity_sql.lag_rows(v_mark.settled_id);

    SELECT coalesce(max(hourly.hour) + interval '1 hour', v_mark.hours_since)
    INTO v_until
    FROM activity_sql.activity_hour AS hourly
    WHERE hourly.hour >= v_mark.hours_since
        AND isfinite(hourly.hour)
        AND hourly.middle_cell IS NULL;

    WITH folded AS (
        SELECT
            hourly.hour AS bucket,
            hourly.hour + interval '1 hour' AS bucket_end,
            hourly.actions::bigint AS row_count,
            hourly.middle_cell IS NOT NULL AS is_exact
        FROM activity_sql.activity_hour AS hourly
        WHERE hourly.hour >= v_mark.hours_since
        UNION ALL
        SELECT
            activity_sql.day_start(daily.bucket, v_mark.time_zone),
            activity_sql.day_start(daily.bucket + 1, v_mark.time_zone),
            sum(daily.actions),
            false
        FROM activity_sql.collection_action_rollup AS daily
        WHERE daily.grain = 'd'
            AND daily.bucket < (v_mark.hours_since AT TIME ZONE v_mark.time_zone)::date
        GROUP BY daily.bucket
    ),
    present AS (
        SELECT
            activity_sql.bucket_of(
                activity."timestamp", v_mark.hours_since, v_mark.time_zone
            ) AS bucket,
            count(*) AS row_count
        FROM {{ directus }}.directus_activity AS activity
        WHERE activity.id <= v_mark.settled_id
            AND activity."timestamp" < v_until
            AND activity.action <> ALL (v_mark.excluded_actions)
            AND (activity."user" IS NULL OR activity."user" <> ALL (v_mark.excluded_users))
        GROUP BY 1
    ),
    archived AS (
        SELECT
            activity_sql.bucket_of(
                kept."timestamp", v_mark.hours_since, v_mark.time_zone
            ) AS bucket,
            count(*) AS row_count
        FROM activity_sql.activity_archive AS kept
        WHERE kept."timestamp" < v_until
            AND kept.action <> ALL (v_mark.excluded_actions)
            AND (kept."user" IS NULL OR kept."user" <> ALL (v_mark.excluded_users))
        GROUP BY 1
    )
    SELECT
        min(folded.bucket) FILTER (WHERE isfinite(folded.bucket)),
        max(folded.bucket_end) FILTER (
            WHERE isfinite(folded.bucket)
                AND NOT folded.is_exact
                AND folded.row_count IS DISTINCT FROM present.row_count
                AND folded.row_count IS DISTINCT FROM archived.row_count
        )
    INTO v_first, v_gone
    FROM folded
    LEFT JOIN present ON present.bucket = folded.bucket
    LEFT JOIN archived ON archived.bucket = folded.bucket;

    RETURN QUERY
    SELECT
        kept.grain,
        kept.exact_since,
        kept.rounded_before,
        v_lag,
        v_mark.settled_id
    FROM (
        VALUES
            (1, 'row', coalesce(v_gone, v_first), v_gone),
            (
                2,
                'hour',
                CASE WHEN v_first IS NOT NULL THEN greatest(v_first, v_mark.hours_since) END,
                nullif(v_mark.hours_since, '-infinity')
            ),
            (3, 'day', v_first, NULL),
            (4, 'month', v_first, NULL)
    ) AS kept (place, grain, exact_since, rounded_before)
    ORDER BY kept.place;
END;
$function$;

COMMENT ON FUNCTION {{ directus }}.activity_rollup_coverage() IS
    'How far back answers are exact, by grain. exact_since: windows whose edges lie anywhere (row), '
    'or on the start of a UTC hour, or of a day or month of the reporting time zone, are exact from '
    'then on; NULL where nothing is folded. rounded_before: earlier edges of that kind may be moved '
    'to the end of the bucket they cut, since its rows are gone, and their moments were not kept or no '
    'longer are (row), or its hours are not (hour); NULL: none is. lag_rows: rows not folded yet, read from directus_activity; '
    'settled_id: up to which id all are folded.';

REVOKE ALL ON FUNCTION {{ directus }}.activity_rollup_coverage() FROM PUBLIC;
