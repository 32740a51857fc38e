-- The sequence that numbers directus_activity, once everything holds that the
-- watermark's argument needs: ids come from the column's default in the order of
-- their drawing, and rows from this database's own transactions.
--
-- Locks: none. Cost: a few catalog lookups.
CREATE OR REPLACE FUNCTION activity_sql.activity_sequence()
    RETURNS regclass
    LANGUAGE plpgsql
    STABLE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_table    regclass := {{ (directus ~ ".directus_activity") | literal }};
    v_sequence pg_sequence;
    v_wrong    text;
    v_mend     text;
BEGIN
    SELECT
        sequence.seqrelid,
        sequence.seqtypid,
        sequence.seqstart,
        sequence.seqincrement,
        sequence.seqmax,
        sequence.seqmin,
        sequence.seqcache,
        sequence.seqcycle
    INTO v_sequence
    FROM pg_attribute AS attribute
    LEFT JOIN pg_attrdef AS column_default
        ON column_default.adrelid = attribute.attrelid
            AND column_default.adnum = attribute.attnum
    JOIN pg_depend AS dependency
        ON (
            -- DEFAULT nextval('…')
            dependency.classid = 'pg_attrdef'::regclass
            AND dependency.objid = column_default.oid
            AND dependency.refclassid = 'pg_class'::regclass
        )
        OR (
            -- GENERATED … AS IDENTITY
            dependency.classid = 'pg_class'::regclass
            AND dependency.refclassid = 'pg_class'::regclass
            AND dependency.refobjid = attribute.attrelid
            AND dependency.refobjsubid = attribute.attnum
            AND dependency.deptype = 'i'
        )
    JOIN pg_sequence AS sequence
        ON sequence.seqrelid IN (dependency.refobjid, dependency.objid)
    WHERE attribute.attrelid = v_table AND attribute.attname = 'id';

    SELECT wrong.cause, wrong.mend
    INTO v_wrong, v_mend
    FROM pg_class AS activity
    CROSS JOIN LATERAL (
        VALUES
            (
                activity.relkind <> 'r' OR activity.relispartition OR EXISTS (
                    SELECT FROM pg_inherits AS child WHERE child.inhparent = activity.oid
                ),
                'is partitioned or inherited from',
                'Make it a plain table again, as Directus does.'
            ),
            (
                v_sequence.seqrelid IS NULL,
                'has an id that no sequence fills',
                'Restore the default: nextval of the sequence that the column owns.'
            ),
            (
                v_sequence.seqincrement < 1 OR v_sequence.seqcycle,
                format('takes its ids from %s, which does not only go up',
                    v_sequence.seqrelid::regclass),
                format('ALTER SEQUENCE %s INCREMENT 1 NO CYCLE;', v_sequence.seqrelid::regclass)
            ),
            (
                v_sequence.seqcache > 1,
                format('takes its ids from %s, of which each session keeps %s',
                    v_sequence.seqrelid::regclass, v_sequence.seqcache),
                format('ALTER SEQUENCE %s CACHE 1; then reconnect Directus.',
                    v_sequence.seqrelid::regclass)
            ),
            (
                EXISTS (
                    SELECT FROM pg_subscription_rel AS subscribed
                    WHERE subscribed.srrelid = activity.oid
                ),
                'is filled by a subscription, whose rows bring the ids of another server',
                'Fold on the publisher, or drop the subscription and advance the sequence first.'
            ),
            (
                NOT has_sequence_privilege(v_sequence.seqrelid, 'SELECT'),
                format('takes its ids from %s, which %I may not read',
                    v_sequence.seqrelid::regclass, current_user),
                format('GRANT SELECT ON SEQUENCE %s TO %I;',
                    v_sequence.seqrelid::regclass, current_user)
            )
    ) AS wrong (applies, cause, mend)
    WHERE activity.oid = v_table AND wrong.applies
    LIMIT 1;

    IF v_wrong IS NOT NULL THEN
        RAISE EXCEPTION 'the rollups stand still: % %', v_table, v_wrong
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = v_mend;
    END IF;
    RETURN v_sequence.seqrelid;
END;
$function$;

COMMENT ON FUNCTION activity_sql.activity_sequence() IS
    'The sequence that numbers directus_activity. Raises object_not_in_prerequisite_state, with the '
    'mend as its hint, where rows could become visible below an id that was settled: a table with '
    'partitions or children, ids from elsewhere, a sequence that caches, cycles or goes down, a '
    'subscription, or no right to read the sequence.';

REVOKE ALL ON FUNCTION activity_sql.activity_sequence() FROM PUBLIC;
