-- Whether directus_activity, by the search path, holds rows, and how many ids its sequence has left.
SELECT
    EXISTS (SELECT FROM directus_activity) AS has_rows,
    coalesce(
        (
            SELECT
                (
                    least(seqmax, 2147483647)
                    - coalesce(pg_sequence_last_value(seqrelid::regclass), seqstart - seqincrement)
                ) / seqincrement
            FROM pg_sequence
            WHERE seqrelid = pg_get_serial_sequence('directus_activity', 'id')::regclass
        ),
        0
    ) AS free_ids;
