-- Gain: SQL of your own about one action on one collection, at any time.
-- Cost: room that grows with the table, and work for each write of Directus.
-- Note: `directus schema apply` may stumble over composite indexes (directus/directus#24453).
--
-- Locks: SHARE UPDATE EXCLUSIVE; writers go on.
-- lint: allow missing-comment: a comment would be a second statement beside CONCURRENTLY
CREATE INDEX CONCURRENTLY idx_activity_action_collection
    ON {{ directus }}.directus_activity (action, collection);
