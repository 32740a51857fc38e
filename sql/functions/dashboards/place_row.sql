-- Put a row of ours into one of Directus's tables, unless a user has made it their own.
--
-- What we wrote is remembered: a row that differs from it was edited, and one that is gone
-- was deleted, by a user; neither is touched but with p_reset. Columns that this version
-- of Directus does not have are left out.
--
-- Locks: that of the row. Cost: microseconds.
CREATE OR REPLACE FUNCTION activity_sql.place_row(
    p_relation text,
    p_id       text,
    p_content  jsonb,
    p_reset    boolean
)
    RETURNS text
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_table   regclass := format('%s.%I', {{ directus | literal }}, p_relation)::regclass;
    v_columns text;
    v_content jsonb;
    v_found   jsonb;
    v_ours    jsonb;
BEGIN
    SELECT
        string_agg(format('%I', attribute.attname), ', ' ORDER BY attribute.attnum),
        jsonb_object_agg(attribute.attname, p_content -> attribute.attname)
    INTO v_columns, v_content
    FROM pg_attribute AS attribute
    WHERE attribute.attrelid = v_table
        AND attribute.attnum > 0
        AND NOT attribute.attisdropped
        AND p_content ? attribute.attname;
    EXECUTE format('SELECT to_jsonb(placed) FROM %s AS placed WHERE placed.id::text = $1', v_table)
        INTO v_found
        USING p_id;
    SELECT jsonb_object_agg(field.name, v_found -> field.name)
    INTO v_found
    FROM jsonb_object_keys(v_content) AS field (name)
    WHERE v_found IS NOT NULL;
    SELECT placed.content
    INTO v_ours
    FROM activity_sql.placed_row AS placed
    WHERE placed.relation = p_relation AND placed.id = p_id;

    IF v_found IS NULL AND v_ours IS NOT NULL AND NOT p_reset THEN
        RETURN 'kept';
    ELSIF v_found = v_content THEN
        v_found := v_content;
    ELSIF v_found IS NULL THEN
        EXECUTE format(
            'INSERT INTO %1$s (%2$s) SELECT %2$s FROM jsonb_populate_record(NULL::%1$s, $1)',
            v_table,
            v_columns
        )
        USING v_content;
    ELSIF p_reset OR v_found = v_ours THEN
        EXECUTE format(
            'UPDATE %1$s AS placed SET (%2$s) = '
            '(SELECT %2$s FROM jsonb_populate_record(NULL::%1$s, $1)) WHERE placed.id::text = $2',
            v_table,
            v_columns
        )
        USING v_content, p_id;
    ELSE
        RETURN 'kept';
    END IF;
    INSERT INTO activity_sql.placed_row AS placed (relation, id, content)
    VALUES (p_relation, p_id, v_content)
    ON CONFLICT (relation, id) DO UPDATE SET content = EXCLUDED.content;
    RETURN CASE WHEN v_found = v_content THEN 'unchanged' ELSE 'written' END;
END;
$function$;

COMMENT ON FUNCTION activity_sql.place_row(text, text, jsonb, boolean) IS
    'Puts a row with a fixed id into a table of Directus. Returns written; unchanged; or kept, '
    'where a user edited or deleted it, which p_reset overrules.';

REVOKE ALL ON FUNCTION activity_sql.place_row(text, text, jsonb, boolean) FROM PUBLIC;
