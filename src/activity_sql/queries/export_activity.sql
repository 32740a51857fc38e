COPY (
    SELECT
        id,
        action,
        (extract(epoch FROM "timestamp") * 1000)::bigint,
        "user",
        ip,
        collection
    FROM <<schema>>.directus_activity
) TO STDOUT (FORMAT csv, NULL '\N')
