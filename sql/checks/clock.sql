/*
what = "No row is stamped in the future, and the clocks of Directus and the database agree."
why = "Directus stamps rows by its own clock. A window that ends now counts what is ahead of it, one in the past misses it, and servers that differ put one user's actions in a wrong order."
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
HAVING count(*) > 0
UNION ALL
SELECT
    'WARN',
    format(
        '%s of the last %s rows are stamped over a minute before the row of the id below, one by %s',
        count(*) FILTER (WHERE neighbour.behind > interval '1 minute'),
        count(*),
        max(neighbour.behind)
    ),
    'Set the clocks of all of Directus''s servers by NTP, unless rows come with times of their own.'
FROM (
    -- Directus stamps a row right before its id is drawn.
    SELECT lag(latest."timestamp") OVER (ORDER BY latest.id) - latest."timestamp" AS behind
    FROM (
        SELECT activity.id, activity."timestamp"
        FROM {{ directus }}.directus_activity AS activity
        ORDER BY activity.id DESC
        LIMIT 1000
    ) AS latest
) AS neighbour
HAVING count(*) FILTER (WHERE neighbour.behind > interval '1 minute') >= 5;
