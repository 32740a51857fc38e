/*
30 = {DuckDB = [3, 5]}
90 = {DuckDB = [3, 5]}
365 = {DuckDB = [3, 5]}
*/
WITH asked AS MATERIALIZED (
    SELECT answer FROM <<schema>>.get_user_activity('<<user>>', <<days>>, <<as_of>>) AS answer
),
answer AS (
    SELECT
        'summary' AS section,
        '' AS key,
        (answer #>> '{summary,count}')::bigint AS actions,
        (answer #>> '{summary,countDistinct_collection}')::bigint AS collections,
        (answer #>> '{summary,countDistinct_ip}')::bigint AS ips
    FROM asked
    UNION ALL
    SELECT 'byCollection', item ->> 'collection', (item ->> 'count')::bigint, NULL, NULL
    FROM asked
    CROSS JOIN LATERAL jsonb_array_elements(answer -> 'byCollection') AS item
    UNION ALL
    SELECT 'byAction', item ->> 'action', (item ->> 'count')::bigint, NULL, NULL
    FROM asked
    CROSS JOIN LATERAL jsonb_array_elements(answer -> 'byAction') AS item
)
SELECT *
FROM answer
ORDER BY section COLLATE "C", actions DESC, key COLLATE "C"
