CREATE DATABASE IF NOT EXISTS bench ENGINE = Atomic;
DROP TABLE IF EXISTS bench.activity SYNC;
CREATE TABLE bench.activity (
    action LowCardinality(String),
    moment Int64,
    "user" Nullable(UUID),
    ip Nullable(String),
    collection LowCardinality(String)
) ENGINE = MergeTree ORDER BY moment;
INSERT INTO bench.activity
SELECT action, moment, "user", ip, collection
FROM file(
    '<<activity>>',
    'CSV',
    'id Int32,
    action String,
    moment Int64,
    "user" Nullable(UUID),
    ip Nullable(String),
    collection String'
);
OPTIMIZE TABLE bench.activity FINAL
