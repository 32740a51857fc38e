-- Make one month, its pentads, its days and their quarters again from its hours.
--
-- Locks: ROW EXCLUSIVE on the rollups; the caller holds the watermark's row.
-- Cost: the cells of the month's hours.
CREATE OR REPLACE FUNCTION activity_sql.refold_month(p_month date)
    RETURNS void
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
DECLARE
    v_time_zone      text;
    v_quarters_since date;
    v_table          text;
BEGIN
    SELECT mark.time_zone, mark.quarters_since
    INTO v_time_zone, v_quarters_since
    FROM activity_sql.watermark AS mark;

    PERFORM activity_sql.empty_batch();
    WITH buckets AS MATERIALIZED (
        SELECT
            part.hour,
            part.day,
            activity_sql.pentad_start(part.day) AS pentad,
            CASE
                WHEN part.day >= v_quarters_since
                    THEN activity_sql.quarter_of(part.hour, v_time_zone)
            END AS quarter
        FROM (
            SELECT hourly.hour, (hourly.hour AT TIME ZONE v_time_zone)::date AS day
            FROM activity_sql.activity_hour AS hourly
        ) AS part
        WHERE date_trunc('month', part.day)::date = p_month
    )
    INSERT INTO activity_sql.batch (
        hour, quarter, day, pentad, month, address, account, collection, action, is_run, actions,
        fingerprint, first_seen, last_seen
    )
    SELECT
        cell.hour,
        bucket.quarter,
        bucket.day,
        bucket.pentad,
        p_month,
        cell.address,
        cell.account,
        cell.collection,
        cell.action,
        false,
        cell.actions,
        0,
        cell.first_seen,
        coalesce(cell.last_seen, cell.first_seen)
    FROM buckets AS bucket
    JOIN (
        SELECT
            hourly.hour,
            unnest(hourly.cell_address) AS address,
            unnest(hourly.cell_account) AS account,
            unnest(hourly.cell_collection) AS collection,
            unnest(hourly.cell_action) AS action,
            unnest(hourly.cell_actions) AS actions,
            unnest(hourly.cell_first_seen) AS first_seen,
            unnest(hourly.cell_last_seen) AS last_seen
        FROM activity_sql.activity_hour AS hourly
        WHERE date_trunc('month', hourly.hour AT TIME ZONE v_time_zone)::date = p_month
    ) AS cell ON cell.hour = bucket.hour;

    FOREACH v_table IN ARRAY ARRAY[
        'address_rollup',
        'account_rollup',
        'login_rollup',
        'collection_action_rollup'
    ] LOOP
        EXECUTE format(
            'DELETE FROM activity_sql.%I AS rollup WHERE rollup.grain = ANY (%L) '
            'AND (rollup.bucket = %L OR rollup.bucket > %L AND rollup.bucket < %L) '
            'AND (rollup.grain <> %L OR rollup.bucket = %L)',
            v_table, '{0,1,2,3,d,p,m}'::"char"[], p_month, p_month, p_month + interval '1 month',
            'm', p_month
        );
    END LOOP;
    PERFORM activity_sql.forget_trailing(ARRAY(
        SELECT total.day
        FROM activity_sql.day_total AS total
        WHERE date_trunc('month', total.day)::date = p_month
    ));
    DELETE FROM activity_sql.day_total AS total
    WHERE date_trunc('month', total.day)::date = p_month;
    PERFORM activity_sql.fold_days();
END;
$function$;

COMMENT ON FUNCTION activity_sql.refold_month(date) IS
    'Replaces the quarters of days, days, pentads and the month that begins with p_month, in '
    'watermark.time_zone, by the sums of their hours, and forgets the trailing windows that it is '
    'in. Only while all of these are kept.';

REVOKE ALL ON FUNCTION activity_sql.refold_month(date) FROM PUBLIC;
