-- A digest of each rollup of a month, whatever the order of its rows.
--
-- Locks: ACCESS SHARE. Cost: reads the month's rollups.
CREATE OR REPLACE FUNCTION activity_sql.rollup_digests(p_month date, p_time_zone text)
    RETURNS jsonb
    LANGUAGE plpgsql
    STABLE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
    SET jit = off
    SET "TimeZone" = 'UTC'
AS $function$
DECLARE
    v_digests jsonb;
    v_digest  text;
    v_table   text;
BEGIN
    SELECT jsonb_build_object(
        'activity_hour',
        coalesce(sum(hashtextextended(hourly::text, 0)::numeric), 0)::text
    )
    INTO v_digests
    FROM activity_sql.activity_hour AS hourly
    WHERE date_trunc('month', hourly.hour AT TIME ZONE p_time_zone)::date = p_month;

    SELECT v_digests || jsonb_build_object(
        'day_total',
        coalesce(sum(hashtextextended(total::text, 0)::numeric), 0)::text
    )
    INTO v_digests
    FROM activity_sql.day_total AS total
    WHERE date_trunc('month', total.day)::date = p_month;

    FOREACH v_table IN ARRAY ARRAY[
        'address_rollup',
        'account_rollup',
        'login_rollup',
        'collection_action_rollup'
    ] LOOP
        EXECUTE format(
            'SELECT coalesce(sum(hashtextextended(rollup::text, 0)::numeric), 0)::text '
            'FROM activity_sql.%I AS rollup WHERE rollup.grain = ANY (%L) '
            'AND (rollup.bucket = %L OR rollup.bucket > %L AND rollup.bucket < %L)',
            v_table, '{0,1,2,3,d,p,m}'::"char"[], p_month, p_month, p_month + interval '1 month'
        ) INTO v_digest;
        v_digests := v_digests || jsonb_build_object(v_table, v_digest);
    END LOOP;
    RETURN v_digests;
END;
$function$;

COMMENT ON FUNCTION activity_sql.rollup_digests(date, text) IS
    'A digest per rollup of the month that begins with p_month in p_time_zone: {table: digest}.';

REVOKE ALL ON FUNCTION activity_sql.rollup_digests(date, text) FROM PUBLIC;
