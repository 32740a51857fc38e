CREATE INDEX IF NOT EXISTS idx_activity_timestamp_collection
    ON <<schema>>.directus_activity ("timestamp" DESC, collection);
CREATE INDEX IF NOT EXISTS idx_activity_ip_timestamp
    ON <<schema>>.directus_activity (ip, "timestamp" DESC) WHERE ip IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_activity_user_timestamp
    ON <<schema>>.directus_activity ("user", "timestamp" DESC) WHERE "user" IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_activity_action_collection
    ON <<schema>>.directus_activity (action, collection);
ANALYZE <<schema>>.directus_activity;
