/*
what = "A valid index leads with the timestamp."
why = "The edges of a window and what is not folded yet are read through it."
*/
SELECT
    'CRIT' AS status,
    'directus_activity has no valid index on "timestamp"' AS said,
    'activity-sql migrate' AS mend
WHERE NOT EXISTS (
    SELECT
    FROM pg_index AS index
    JOIN pg_attribute AS first
        ON first.attrelid = index.indrelid AND first.attnum = index.indkey[0]
    WHERE index.indrelid = {{ (directus ~ ".directus_activity") | literal }}::regclass
        AND index.indisvalid
        AND index.indpred IS NULL
        AND first.attname = 'timestamp'
);
