\set editor random(1, 300)
\set address random(1, 500)
\set collection random(1, 25)
INSERT INTO directus_activity (action, "user", "timestamp", ip, user_agent, collection, item)
VALUES (
    'update',
    ('00000000-0000-4000-8000-' || lpad(:editor::text, 12, '0'))::uuid,
    now(),
    '10.0.' || :address / 250 || '.' || :address % 250,
    'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
    'collection_' || :collection,
    :editor::text
);
