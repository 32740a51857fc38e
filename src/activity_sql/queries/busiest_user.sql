SELECT "user"::text AS "user"
FROM <<schema>>.directus_activity
WHERE "user" IS NOT NULL
GROUP BY "user"
ORDER BY count(*) DESC, "user"
LIMIT 1
