-- Rows of directus_activity, of the archive, or of both become cells in
-- activity_sql.batch.
--
-- One statement, so that the dictionaries and the cells come of one snapshot: a row
-- edited in between would have a key that no dictionary knows. A row's fingerprint
-- covers what the rollups are made of, and its id, so that no two cancel each other.
-- An archived copy is of the row that has its id, unless that is of another time and
-- another item: ids may have begun again.
--
-- Locks: ACCESS SHARE on what is read; the caller holds the watermark's row.
-- Cost: reads the rows once, by id or by "timestamp"; memory up to work_mem times
-- hash_mem_multiplier for the grouping, then temporary files.
CREATE OR REPLACE FUNCTION activity_sql.fill_batch(
    p_after  bigint,
    p_to     bigint,
    p_from   timestamptz,
    p_until  timestamptz,
    p_source text
)
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
    v_time_zone        text;
    v_quarters_since   date;
    v_excluded_actions text[];
    v_excluded_users   uuid[];
    v_rows             bigint;
BEGIN
    SELECT mark.time_zone, mark.quarters_since, mark.excluded_actions, mark.excluded_users
    INTO v_time_zone, v_quarters_since, v_excluded_actions, v_excluded_users
    FROM activity_sql.watermark AS mark;

    PERFORM activity_sql.empty_batch();

    WITH source AS (
        SELECT
            activity.id::bigint AS id,
            activity.action::text COLLATE "C" AS action,
            activity."user",
            activity."timestamp",
            activity.ip::text COLLATE "C" AS ip,
            activity.collection::text COLLATE "C" AS collection
        FROM {{ directus }}.directus_activity AS activity
        WHERE p_source IN ('rows', 'both')
            AND activity.id > p_after
            AND activity.id <= p_to
            AND (p_from IS NULL OR activity."timestamp" >= p_from)
            AND (p_until IS NULL OR activity."timestamp" < p_until)
            AND activity.action <> ALL (v_excluded_actions)
            AND (activity."user" IS NULL OR activity."user" <> ALL (v_excluded_users))
        UNION ALL
        SELECT
            archived.id,
            archived.action COLLATE "C",
            archived."user",
            archived."timestamp",
            archived.ip COLLATE "C",
            archived.collection COLLATE "C"
        FROM activity_sql.activity_archive AS archived
        WHERE (
                p_source = 'archive'
                OR p_source = 'both' AND NOT EXISTS (
                    SELECT FROM {{ directus }}.directus_activity AS activity
                    WHERE activity.id = archived.id
                        AND (
                            activity."timestamp" = archived."timestamp"
                            OR (activity.collection, activity.item)
                            = (archived.collection, archived.item)
                        )
                )
            )
            AND archived.id > p_after
            AND archived.id <= p_to
            AND (p_from IS NULL OR archived."timestamp" >= p_from)
            AND (p_until IS NULL OR archived."timestamp" < p_until)
            AND archived.action <> ALL (v_excluded_actions)
            AND (archived."user" IS NULL OR archived."user" <> ALL (v_excluded_users))
    ),
    cells AS MATERIALIZED (
        SELECT
            activity_sql.hour_of(source."timestamp") AS hour,
            source.ip,
            source."user",
            source.collection,
            source.action,
            count(*)::integer AS actions,
            bit_xor(activity_sql.row_fingerprint(
                source.id,
                source.action,
                source."user",
                source."timestamp",
                source.ip,
                source.collection
            )) AS fingerprint,
            min(source."timestamp") AS first_seen,
            max(source."timestamp") AS last_seen,
            CASE WHEN count(*) > 2 THEN array_agg(source."timestamp") END AS seen
        FROM source
        GROUP BY 1, 2, 3, 4, 5
    ),
    -- Each hour's once, not each cell's.
    buckets AS MATERIALIZED (
        SELECT
            part.hour,
            part.day,
            activity_sql.pentad_start(part.day) AS pentad,
            date_trunc('month', part.day)::date AS month,
            CASE
                WHEN part.day >= v_quarters_since
                    THEN activity_sql.quarter_of(part.hour, v_time_zone)
            END AS quarter
        FROM (
            SELECT DISTINCT cell.hour, (cell.hour AT TIME ZONE v_time_zone)::date AS day
            FROM cells AS cell
        ) AS part
    ),
    new_addresses AS (
        INSERT INTO activity_sql.address (ip)
        SELECT DISTINCT cell.ip
        FROM cells AS cell
        LEFT JOIN activity_sql.address AS known ON known.ip = cell.ip
        WHERE cell.ip IS NOT NULL AND known.id IS NULL
        RETURNING id, ip
    ),
    new_accounts AS (
        INSERT INTO activity_sql.account (user_id)
        SELECT DISTINCT cell."user"
        FROM cells AS cell
        LEFT JOIN activity_sql.account AS known ON known.user_id = cell."user"
        WHERE cell."user" IS NOT NULL AND known.id IS NULL
        RETURNING id, user_id
    ),
    new_collections AS (
        INSERT INTO activity_sql.collection (name)
        SELECT DISTINCT cell.collection
        FROM cells AS cell
        LEFT JOIN activity_sql.collection AS known ON known.name = cell.collection
        WHERE known.id IS NULL
        RETURNING id, name
    ),
    new_actions AS (
        INSERT INTO activity_sql.action (name)
        SELECT DISTINCT cell.action
        FROM cells AS cell
        LEFT JOIN activity_sql.action AS known ON known.name = cell.action
        WHERE known.id IS NULL
        RETURNING id, name
    )
    INSERT INTO activity_sql.batch (
        hour, quarter, day, pentad, month, address, account, collection, action, is_run, actions,
        fingerprint, first_seen, last_seen, seen
    )
    SELECT
        cell.hour,
        bucket.quarter,
        bucket.day,
        bucket.pentad,
        bucket.month,
        coalesce(address.id, 0),
        coalesce(account.id, 0),
        collection.id,
        action.id,
        cell.action = 'run',
        cell.actions,
        cell.fingerprint,
        cell.first_seen,
        cell.last_seen,
        cell.seen
    FROM cells AS cell
    JOIN buckets AS bucket ON bucket.hour = cell.hour
    LEFT JOIN (
        SELECT known.id, known.ip FROM activity_sql.address AS known
        UNION ALL
        SELECT added.id, added.ip FROM new_addresses AS added
    ) AS address ON address.ip = cell.ip
    LEFT JOIN (
        SELECT known.id, known.user_id FROM activity_sql.account AS known
        UNION ALL
        SELECT added.id, added.user_id FROM new_accounts AS added
    ) AS account ON account.user_id = cell."user"
    LEFT JOIN (
        SELECT known.id, known.name FROM activity_sql.collection AS known
        UNION ALL
        SELECT added.id, added.name FROM new_collections AS added
    ) AS collection ON collection.name = cell.collection
    LEFT JOIN (
        SELECT known.id, known.name FROM activity_sql.action AS known
        UNION ALL
        SELECT added.id, added.name FROM new_actions AS added
    ) AS action ON action.name = cell.action;

    SELECT coalesce(sum(batch.actions), 0)
    INTO v_rows
    FROM activity_sql.batch AS batch;
    RETURN v_rows;
END;
$function$;

COMMENT ON FUNCTION activity_sql.fill_batch(
    bigint, bigint, timestamptz, timestamptz, text
) IS
    'Replaces activity_sql.batch by the cells of the rows with p_after < id <= p_to and p_from <= '
    'timestamp < p_until (NULL: no bound); p_source is rows (directus_activity), archive, or both '
    '(the archive for what is gone). Numbers new keys. Returns the number of rows. The excluded are '
    'left out.';

REVOKE ALL ON FUNCTION activity_sql.fill_batch(
    bigint, bigint, timestamptz, timestamptz, text
) FROM PUBLIC;
