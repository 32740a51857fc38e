COPY (
    SELECT action, (extract(epoch FROM "timestamp") * 1000)::bigint, ip, collection
    FROM <<table>>
) TO STDOUT (FORMAT csv, NULL '\N')
