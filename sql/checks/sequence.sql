/*
what = "Ids come from a sequence that is above them, one at a time."
why = "Rows below the watermark are looked for only at night. Sequences that hand out ids in advance, or behind ids set by hand, put new rows there."
*/
WITH state AS (
    SELECT
        split_part(status.broken, '; ', 1) AS broken,
        substring(status.broken FROM '; (.*)$') AS mend,
        status.last_drawn_id,
        pg_get_serial_sequence({{ (directus ~ ".directus_activity") | literal }}, 'id') AS sequence,
        (SELECT max(activity.id) FROM {{ directus }}.directus_activity AS activity) AS newest
    FROM activity_sql.rollup_status() AS status
)
SELECT
    'CRIT' AS status,
    coalesce(
        state.broken,
        format('the last id drawn is %s, and there is an id %s', state.last_drawn_id, state.newest)
    ) AS said,
    coalesce(state.mend, format('SELECT setval(%L, %s);', state.sequence, state.newest)) AS mend
FROM state
WHERE state.broken IS NOT NULL OR state.newest > state.last_drawn_id;
