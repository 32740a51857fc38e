-- A digest per rollup of the trailing windows that begin on these days.
--
-- Locks: ACCESS SHARE. Cost: reads their rows.
CREATE OR REPLACE FUNCTION activity_sql.trailing_digests(p_from date[])
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
    v_digests jsonb := jsonb_build_object();
    v_digest  text;
    v_table   text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY[
        'address_rollup',
        'account_rollup',
        'login_rollup',
        'collection_action_rollup'
    ] LOOP
        EXECUTE format(
            'SELECT coalesce(sum(hashtextextended(rollup::text, 0)::numeric), 0)::text '
            'FROM activity_sql.%I AS rollup WHERE rollup.grain = %L AND rollup.bucket = ANY (%L)',
            v_table, 't', p_from
        ) INTO v_digest;
        v_digests := v_digests || jsonb_build_object(v_table, v_digest);
    END LOOP;
    RETURN v_digests;
END;
$function$;

COMMENT ON FUNCTION activity_sql.trailing_digests(date[]) IS
    'A digest per rollup of grain t in these buckets: {table: digest}.';

REVOKE ALL ON FUNCTION activity_sql.trailing_digests(date[]) FROM PUBLIC;
