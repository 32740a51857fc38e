-- Which indexes have grown beyond what their entries need, and how to rebuild them
-- without blocking a writer: only REINDEX CONCURRENTLY does, and no function can run it.
--
-- The size that the entries need is estimated from the planner's statistics: for each
-- row an item pointer, a tuple header and the average widths of the keys, on pages that
-- are filled to 90 percent. Equal keys share an entry, so an index with few distinct
-- keys takes less than estimated and is never reported: what is reported is bloated.
--
-- Locks: none on the tables. Cost: reads the catalog.
CREATE OR REPLACE FUNCTION {{ directus }}.rebuild_activity_indexes(
    p_min_bloat_percent integer DEFAULT 30
)
    RETURNS TABLE (index_name text, action text, detail text)
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM activity_sql.require_between('p_min_bloat_percent', p_min_bloat_percent, 0, 100,
        'Pass how much of an index may be empty, in percent, for example 30.');

    RETURN QUERY
    WITH indexes AS (
        SELECT
            index.indexrelid,
            format('%I.%I', namespace.nspname, entry.relname) AS name,
            pg_relation_size(index.indexrelid) AS bytes,
            entry.reltuples,
            current_setting('block_size')::integer AS page_bytes,
            (
                SELECT sum(coalesce(stat.avg_width, 8))
                FROM pg_attribute AS key
                JOIN pg_class AS base ON base.oid = index.indrelid
                LEFT JOIN pg_stats AS stat
                    ON stat.schemaname = (base.relnamespace::regnamespace)::text
                        AND stat.tablename = base.relname
                        AND stat.attname = key.attname
                        AND NOT stat.inherited
                WHERE key.attrelid = index.indexrelid
            ) AS key_bytes
        FROM pg_index AS index
        JOIN pg_class AS entry ON entry.oid = index.indexrelid
        JOIN pg_namespace AS namespace ON namespace.oid = entry.relnamespace
        JOIN pg_am AS method ON method.oid = entry.relam AND method.amname = 'btree'
        WHERE index.indisvalid
            AND entry.relkind = 'i'
            AND entry.reltuples >= 0
            AND (
                index.indrelid = {{ (directus ~ ".directus_activity") | literal }}::regclass
                OR namespace.nspname = 'activity_sql'
            )
    ),
    estimates AS (
        SELECT
            indexes.name,
            indexes.bytes,
            indexes.page_bytes,
            -- 8 bytes of header and the keys, to a multiple of 8, and 4 of item pointer.
            indexes.page_bytes * (
                1 + ceil(
                    indexes.reltuples * (4 + 8 * ceil((8 + indexes.key_bytes) / 8.0))
                    / (0.9 * (indexes.page_bytes - 40))
                )
            ) AS needed
        FROM indexes
    ),
    bloats AS (
        SELECT
            estimates.name,
            estimates.bytes,
            greatest(
                0, round(100 * (1 - estimates.needed / greatest(estimates.bytes, 1)))
            ) AS percent
        FROM estimates
        WHERE estimates.bytes > 16 * estimates.page_bytes
    )
    SELECT
        bloats.name,
        CASE WHEN bloats.percent >= p_min_bloat_percent THEN 'reindex' ELSE 'none' END,
        CASE
            WHEN bloats.percent >= p_min_bloat_percent
                THEN format(
                    '%s%% of %s is empty; activity-sql maintain runs it: '
                    'REINDEX INDEX CONCURRENTLY %s',
                    bloats.percent, pg_size_pretty(bloats.bytes), bloats.name
                )
            ELSE format('%s%% of %s is empty', bloats.percent, pg_size_pretty(bloats.bytes))
        END
    FROM bloats
    ORDER BY bloats.percent DESC, bloats.name COLLATE "C";
END;
$function$;

COMMENT ON FUNCTION {{ directus }}.rebuild_activity_indexes(integer) IS
    'One row per b-tree index of directus_activity and of our tables with more than 16 pages, the '
    'emptiest first. action: reindex where an estimated p_min_bloat_percent or more of it is '
    'empty, otherwise none; detail: how much, and the statement, which only a client can run '
    '(activity-sql maintain does). Blocks nobody and changes nothing. As exact as the last ANALYZE. '
    'Raises invalid_parameter_value for a percentage below 0 or over 100.';

REVOKE ALL ON FUNCTION {{ directus }}.rebuild_activity_indexes(integer) FROM PUBLIC;
