/*
does = "Reconciles with retention and edits, and keeps our own tables in shape."
schedule = "17 3 * * *"
*/
SELECT task || ': ' || detail AS said
FROM {{ directus }}.maintain_activity_table();
