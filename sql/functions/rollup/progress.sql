-- How far a long piece of work is, in one line.
--
-- Locks: none. Cost: none.
CREATE OR REPLACE FUNCTION activity_sql.progress(
    p_started timestamptz,
    p_total   bigint,
    p_left    bigint
)
    RETURNS text
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_done    bigint := greatest(p_total - p_left, 0);
    v_seconds numeric := extract(epoch FROM clock_timestamp() - p_started);
BEGIN
    RETURN format('%s of %s rows in %s s', v_done, p_total, round(v_seconds, 1))
        || CASE
            WHEN p_left > 0 AND v_done > 0
                THEN format(', about %s s to go', round(v_seconds * p_left / v_done))
            ELSE ''
        END;
END;
$function$;

COMMENT ON FUNCTION activity_sql.progress(timestamptz, bigint, bigint) IS
    'Rows done and in all, seconds taken, and an estimate of those to go.';

REVOKE ALL ON FUNCTION activity_sql.progress(timestamptz, bigint, bigint) FROM PUBLIC;
