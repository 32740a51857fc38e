-- How far the rollups are, what holds them back, and how much they take.
--
-- Locks: ACCESS SHARE. Cost: grows with the rows above the watermark.
CREATE OR REPLACE FUNCTION activity_sql.rollup_status()
    RETURNS TABLE (
        settled_id         bigint,
        last_drawn_id      bigint,
        tail_rows          bigint,
        folded_at          timestamptz,
        lag_seconds        numeric,
        held_by_pid        integer,
        held_by_prepared   text,
        held_for           interval,
        rollup_bytes       bigint,
        archive_bytes      bigint,
        table_bytes        bigint,
        deleted_rows       text,
        archive            boolean,
        time_zone          text,
        excluded_actions   text[],
        excluded_users     uuid[],
        rebuild_needed     boolean,
        odd_hours          bigint,
        broken             text
    )
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    v_table    regclass := {{ (directus ~ ".directus_activity") | literal }};
    v_settled  bigint;
    v_seen     bigint;
    v_last     bigint;
    v_broken   text;
    v_mend     text;
    v_oldest   timestamptz;
    v_tail     bigint;
    v_pid      integer;
    v_prepared text;
    v_since    timestamptz;
BEGIN
    SELECT mark.settled_id, greatest(mark.settled_id, mark.candidate_id)
    INTO v_settled, v_seen
    FROM activity_sql.watermark AS mark;
    BEGIN
        v_last := activity_sql.last_drawn_id(activity_sql.activity_sequence());
        IF v_last < v_seen THEN
            v_broken := format('rows up to id %s were seen, and ids were drawn only up to %s',
                v_seen, v_last);
            v_mend := 'refresh_activity_rollups() says how to go on.';
        END IF;
    EXCEPTION
        WHEN object_not_in_prerequisite_state THEN
            GET STACKED DIAGNOSTICS v_broken = MESSAGE_TEXT, v_mend = PG_EXCEPTION_HINT;
    END;

    SELECT count(*), min(activity."timestamp")
    INTO v_tail, v_oldest
    FROM {{ directus }}.directus_activity AS activity
    WHERE v_settled IS NULL OR activity.id > v_settled;

    -- Only who was there when the candidate was taken holds it back.
    SELECT writer.pid, prepared.gid, coalesce(session.xact_start, prepared.prepared)
    INTO v_pid, v_prepared, v_since
    FROM activity_sql.watermark AS mark
    JOIN activity_sql.open_writers() AS writer
        ON writer.virtual_transaction = ANY (mark.candidate_holders)
    LEFT JOIN pg_stat_activity AS session ON session.pid = writer.pid
    LEFT JOIN pg_locks AS own
        ON writer.pid IS NULL
            AND own.pid IS NULL
            AND own.virtualtransaction = writer.virtual_transaction
            AND own.locktype = 'transactionid'
    LEFT JOIN pg_prepared_xacts AS prepared ON prepared.transaction = own.transactionid
    ORDER BY coalesce(session.xact_start, prepared.prepared)
    LIMIT 1;

    RETURN QUERY
    SELECT
        v_settled,
        v_last,
        v_tail,
        mark.folded_at,
        coalesce(round(greatest(extract(epoch FROM now() - v_oldest), 0), 1), 0),
        v_pid,
        v_prepared,
        clock_timestamp() - v_since,
        size.rollups,
        size.archive,
        pg_total_relation_size(v_table),
        setting.deleted_rows,
        setting.archive,
        mark.time_zone,
        mark.excluded_actions,
        mark.excluded_users,
        (mark.time_zone, mark.excluded_actions, mark.excluded_users)
        IS DISTINCT FROM (setting.time_zone, setting.excluded_actions, setting.excluded_users),
        (
            SELECT count(*)
            FROM activity_sql.activity_hour AS odd
            WHERE odd.hour < '2000-01-01 00:00:00+00' OR odd.hour >= '2100-01-01 00:00:00+00'
        ),
        v_broken || '; ' || v_mend
    FROM activity_sql.watermark AS mark
    CROSS JOIN activity_sql.setting AS setting
    CROSS JOIN (
        SELECT
            coalesce(sum(pg_total_relation_size(ours.oid))
                FILTER (WHERE ours.relname !~ '^activity_archive'), 0)::bigint AS rollups,
            coalesce(sum(pg_total_relation_size(ours.oid))
                FILTER (WHERE ours.relname ~ '^activity_archive'), 0)::bigint AS archive
        FROM pg_class AS ours
        WHERE ours.relnamespace = 'activity_sql'::regnamespace AND ours.relkind = 'r'
    ) AS size;
END;
$function$;

COMMENT ON FUNCTION activity_sql.rollup_status() IS
    'One row. settled_id: every row up to it is folded; tail_rows: visible rows above it; '
    'lag_seconds: the age of the oldest of them; held_by_pid or held_by_prepared, held_for: the '
    'oldest transaction that the fold waits for (held_for is NULL where the caller may not see '
    'it); sizes in bytes; time_zone, excluded_*: what the rollups were folded with, rebuild_needed '
    'where the settings say otherwise; odd_hours: hours before 2000 or from 2100 on; broken: '
    'why nothing can be folded, and the mend.';

REVOKE ALL ON FUNCTION activity_sql.rollup_status() FROM PUBLIC;
