-- Gain: scans of long spans of raw rows by SQL of your own, in far less room than a b-tree.
-- Cost: a few pages on disk, and little work for each write.
-- Note: useless where the rows do not lie in the order of their time; it is left out there.
--
-- autosummarize: what is written is summarized at the next autovacuum, not at the next VACUUM.
--
-- Locks: SHARE UPDATE EXCLUSIVE; writers go on.
-- lint: allow missing-comment: a comment would be a second statement beside CONCURRENTLY
CREATE INDEX CONCURRENTLY idx_activity_timestamp_brin
    ON {{ directus }}.directus_activity USING brin ("timestamp")
    WITH (pages_per_range = 128, autosummarize = on);
