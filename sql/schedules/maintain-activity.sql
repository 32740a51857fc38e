/*
does = "Takes over what was edited or deleted, and keeps our own tables in shape."
schedule = "17 3 * * *"
*/
SELECT
    task || ': ' || detail AS said,
    starts_with(detail, 'failed') AS failed
FROM {{ directus }}.maintain_activity_table();
