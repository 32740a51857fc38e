CREATE DATABASE IF NOT EXISTS bench ENGINE = Atomic;
DROP TABLE IF EXISTS bench.activity SYNC;
CREATE TABLE bench.activity (
    action LowCardinality(String),
    moment Int64,
    ip Nullable(String),
    collection LowCardinality(String)
) ENGINE = MergeTree ORDER BY moment;
INSERT INTO bench.activity
SELECT action, moment, ip, collection
FROM file(
    '<<file>>',
    'CSV',
    'action String, moment Int64, ip Nullable(String), collection String'
);
OPTIMIZE TABLE bench.activity FINAL
