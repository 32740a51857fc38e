COPY (SELECT id FROM <<schema>>.directus_users) TO STDOUT (FORMAT csv)
