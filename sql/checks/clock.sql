/*
what = "No row is stamped in the future, and the clocks of Directus and the database agree."
why = "Directus stamps rows by its own clock. A window that ends now counts what is ahead of it; one in the past misses it."
*/
SELECT
    'WARN' AS status,
    format(
        '%s rows are stamped more than five minutes ahead, the farthest %s',
        count(*),
        max(activity."timestamp")
    ) AS said,
    'Set the clocks of Directus''s servers by NTP.' AS mend
FROM {{ directus }}.directus_activity AS activity
WHERE activity."timestamp" > now() + interval '5 minutes'
HAVING count(*) > 0;
