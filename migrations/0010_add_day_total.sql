-- What a day amounts to, in one row: a series by day counts its users and addresses otherwise by
-- looking at every one of them.
--
-- Locks: none on what is there. Cost: reads the days of the rollups once.
CREATE TABLE activity_sql.day_total (
    day date PRIMARY KEY,
    accounts integer NOT NULL,
    addresses integer NOT NULL,
    per_action integer [] NOT NULL,
    per_action_actions integer [] NOT NULL
);

COMMENT ON TABLE activity_sql.day_total IS
    'Per day of watermark.time_zone: how many accounts and addresses, and the rows per action as '
    'parallel arrays.';

INSERT INTO activity_sql.day_total (day, accounts, addresses, per_action, per_action_actions)
SELECT
    done.day,
    (
        SELECT count(DISTINCT rollup.account)
        FROM activity_sql.account_rollup AS rollup
        WHERE rollup.grain = 'd' AND rollup.bucket = done.day
    ),
    (
        SELECT count(DISTINCT rollup.address)
        FROM activity_sql.address_rollup AS rollup
        WHERE rollup.grain = 'd' AND rollup.bucket = done.day
    ),
    array_agg(done.action ORDER BY done.action),
    array_agg(done.actions ORDER BY done.action)
FROM (
    SELECT pair.bucket AS day, pair.action, sum(pair.actions)::integer AS actions
    FROM activity_sql.collection_action_rollup AS pair
    WHERE pair.grain = 'd'
    GROUP BY pair.bucket, pair.action
) AS done
GROUP BY done.day;
