-- Put the dashboards and the policy that reads them into Directus.
--
-- What a user edited or deleted is kept, see place_row. Nobody has the policy until an
-- administrator assigns it.
--
-- Locks: those of the rows. Cost: milliseconds.
CREATE OR REPLACE FUNCTION activity_sql.install_dashboards(p_reset boolean DEFAULT false)
    RETURNS TABLE (relation text, written bigint, unchanged bigint, kept bigint)
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    v_wanted record;
    v_done   text;
    v_counts jsonb := '{}'::jsonb;
BEGIN
    IF p_reset IS NULL THEN
        RAISE EXCEPTION 'p_reset must be true or false, got NULL'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Pass true to overrule what users changed.';
    END IF;
    IF to_regclass({{ (directus ~ ".directus_panels") | literal }}) IS NULL THEN
        RAISE EXCEPTION 'there is no table directus_panels'
            USING ERRCODE = 'undefined_table',
                  HINT = 'Insights came with Directus 9.6: upgrade Directus.';
    END IF;

    FOR v_wanted IN
        SELECT wanted.relation, wanted.id, wanted.content
        FROM activity_sql.wanted_rows() AS wanted
        ORDER BY wanted.place
    LOOP
        v_done := activity_sql.place_row(v_wanted.relation, v_wanted.id, v_wanted.content, p_reset);
        v_done := format('%s %s', v_wanted.relation, v_done);
        v_counts := v_counts
            || jsonb_build_object(v_done, coalesce((v_counts ->> v_done)::bigint, 0) + 1);
    END LOOP;
    RETURN QUERY
    SELECT
        split_part(counted.key, ' ', 1),
        coalesce(sum(counted.value::bigint) FILTER (WHERE counted.key ~ ' written$'), 0)::bigint,
        coalesce(sum(counted.value::bigint) FILTER (WHERE counted.key ~ ' unchanged$'), 0)::bigint,
        coalesce(sum(counted.value::bigint) FILTER (WHERE counted.key ~ ' kept$'), 0)::bigint
    FROM jsonb_each_text(v_counts) AS counted (key, value)
    GROUP BY split_part(counted.key, ' ', 1)
    ORDER BY split_part(counted.key, ' ', 1) COLLATE "C";
END;
$function$;

COMMENT ON FUNCTION activity_sql.install_dashboards(boolean) IS
    'Puts the dashboards Activity, Security and Health and the policy "Activity analytics (read)" '
    'into Directus, or brings them up to date. One row per table of Directus: how many rows were '
    'written, were right already, or were kept as a user has them; with p_reset none is kept.';

REVOKE ALL ON FUNCTION activity_sql.install_dashboards(boolean) FROM PUBLIC;
