/*
what = "directus_activity has the columns that are read."
why = "Every answer reads them; a column that is gone or of another type breaks all of them."
*/
SELECT
    'CRIT' AS status,
    format(
        'directus_activity.%I %s',
        wanted.name,
        CASE
            WHEN found.attname IS NULL THEN 'is not there'
            ELSE format('is %s, not %s', format_type(found.atttypid, NULL), wanted.type)
        END
    ) AS said,
    'Let Directus migrate its database (directus database migrate:latest).' AS mend
FROM (
    VALUES
    ('id', 'integer'),
    ('action', 'character varying'),
    ('user', 'uuid'),
    ('timestamp', 'timestamp with time zone'),
    ('ip', 'character varying'),
    ('collection', 'character varying'),
    ('item', 'character varying')
) AS wanted (name, type)
LEFT JOIN pg_attribute AS found
    ON found.attrelid = {{ (directus ~ ".directus_activity") | literal }}::regclass
        AND found.attname = wanted.name
        AND NOT found.attisdropped
WHERE found.attname IS NULL OR format_type(found.atttypid, NULL) <> wanted.type;
