/*
what = "No index on directus_activity is invalid, or there twice."
why = "An invalid index answers nothing and is written all the same; so is the second of two."
*/
SELECT
    'WARN' AS status,
    CASE
        WHEN twin.indisvalid THEN format('%s is there already as %s', twin.name, twin.first_name)
        ELSE format('%s is invalid: an interrupted build left it', twin.name)
    END AS said,
    format('DROP INDEX CONCURRENTLY %s;', twin.name) AS mend
FROM (
    SELECT
        index.indexrelid::regclass::text AS name,
        index.indisvalid,
        index.indisunique,
        first_value(index.indexrelid::regclass::text) OVER same AS first_name,
        row_number() OVER same AS number
    FROM pg_index AS index
    WHERE index.indrelid = {{ (directus ~ ".directus_activity") | literal }}::regclass
    WINDOW same AS (
        PARTITION BY substring(pg_get_indexdef(index.indexrelid) FROM ' USING .*$')
        ORDER BY index.indisvalid DESC, index.indisunique DESC, index.indexrelid
    )
) AS twin
WHERE NOT twin.indisvalid OR (twin.number > 1 AND NOT twin.indisunique)
ORDER BY twin.name COLLATE "C";
