-- Every window is read through this index.
--
-- Directus ships it since 11, by this very name, and does not create its own where
-- one exists. So a Directus 10 gets it from us, keeps it at uninstall, and upgrades
-- without noticing.
--
-- Locks: SHARE UPDATE EXCLUSIVE; writers go on. Cost: one pass over the table now,
-- about a sixth of its size on disk.
-- lint: allow missing-comment: the index is Directus's own from then on
CREATE INDEX CONCURRENTLY directus_activity_timestamp_index
    ON {{ directus }}.directus_activity ("timestamp");
