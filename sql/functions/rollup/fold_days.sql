-- The batch goes into the quarters of days, the days, pentads and months of every rollup.
--
-- Everything kept there is a sum, a minimum, a maximum or a set, so new cells are simply added; each
-- goes into its quarter where these are kept, its day, its pentad and its month. Pentads are put
-- together of days, and months of pentads: one statement, so that this is done once for all four
-- rollups. In the order of the buckets: a window then reads neighbouring pages. How many accounts and
-- addresses a day has does not add up: its total is counted anew.
--
-- Locks: ROW EXCLUSIVE on the rollups.
-- Cost: grows with the batch; a row per touched key is written again.
CREATE OR REPLACE FUNCTION activity_sql.fold_days()
    RETURNS void
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
#variable_conflict use_column
BEGIN
    WITH days AS MATERIALIZED (
        SELECT
            batch.day,
            batch.pentad,
            batch.month,
            batch.address,
            batch.account,
            batch.collection,
            batch.action,
            sum(batch.actions)::integer AS actions,
            min(batch.first_seen) AS first_seen,
            max(batch.last_seen) AS last_seen
        FROM activity_sql.batch AS batch
        GROUP BY
            batch.day, batch.pentad, batch.month, batch.address, batch.account, batch.collection,
            batch.action
    ),
    pentads AS MATERIALIZED (
        SELECT
            part.pentad,
            part.month,
            part.address,
            part.account,
            part.collection,
            part.action,
            sum(part.actions)::integer AS actions,
            min(part.first_seen) AS first_seen,
            max(part.last_seen) AS last_seen
        FROM days AS part
        GROUP BY
            part.pentad, part.month, part.address, part.account, part.collection, part.action
    ),
    cells AS MATERIALIZED (
        SELECT
            batch.quarter AS grain,
            batch.day AS bucket,
            batch.address,
            batch.account,
            batch.collection,
            batch.action,
            sum(batch.actions)::integer AS actions,
            min(batch.first_seen) AS first_seen,
            max(batch.last_seen) AS last_seen
        FROM activity_sql.batch AS batch
        WHERE batch.quarter IS NOT NULL
        GROUP BY
            batch.quarter, batch.day, batch.address, batch.account, batch.collection, batch.action
        UNION ALL
        SELECT
            'd',
            part.day,
            part.address,
            part.account,
            part.collection,
            part.action,
            part.actions,
            part.first_seen,
            part.last_seen
        FROM days AS part
        UNION ALL
        SELECT
            'p',
            part.pentad,
            part.address,
            part.account,
            part.collection,
            part.action,
            part.actions,
            part.first_seen,
            part.last_seen
        FROM pentads AS part
        UNION ALL
        SELECT
            'm',
            part.month,
            part.address,
            part.account,
            part.collection,
            part.action,
            sum(part.actions)::integer,
            min(part.first_seen),
            max(part.last_seen)
        FROM pentads AS part
        GROUP BY part.month, part.address, part.account, part.collection, part.action
    ),
    address_cells AS MATERIALIZED (
        SELECT
            cell.grain,
            cell.bucket,
            cell.address,
            cell.collection >> 6 AS word,
            cell.action,
            cell.account,
            sum(cell.actions)::integer AS actions,
            bit_or(1::bigint << (cell.collection & 63)) AS collections,
            min(cell.first_seen) AS first_seen,
            max(cell.last_seen) AS last_seen
        FROM cells AS cell
        WHERE cell.address <> 0
        GROUP BY
            cell.grain, cell.bucket, cell.address, cell.collection >> 6, cell.action, cell.account
    ),
    addresses AS (
        SELECT
            cell.grain,
            cell.bucket,
            cell.address,
            cell.word,
            sum(cell.actions) AS actions,
            bit_or(cell.collections) AS collections,
            min(cell.first_seen) AS first_seen,
            max(cell.last_seen) AS last_seen,
            array_agg(DISTINCT cell.account) AS accounts
        FROM address_cells AS cell
        GROUP BY cell.grain, cell.bucket, cell.address, cell.word
    ),
    per_action AS (
        SELECT
            part.grain,
            part.bucket,
            part.address,
            part.word,
            array_agg(part.action ORDER BY part.action) AS action,
            array_agg(part.actions ORDER BY part.action) AS actions,
            array_agg(part.collections ORDER BY part.action) AS collections,
            array_agg(part.first_seen ORDER BY part.action) AS first_seen,
            array_agg(part.last_seen ORDER BY part.action) AS last_seen
        FROM (
            SELECT
                cell.grain,
                cell.bucket,
                cell.address,
                cell.word,
                cell.action,
                sum(cell.actions)::integer AS actions,
                bit_or(cell.collections) AS collections,
                min(cell.first_seen) AS first_seen,
                max(cell.last_seen) AS last_seen
            FROM address_cells AS cell
            GROUP BY cell.grain, cell.bucket, cell.address, cell.word, cell.action
        ) AS part
        GROUP BY part.grain, part.bucket, part.address, part.word
    ),
    folded_addresses AS (
        INSERT INTO activity_sql.address_rollup AS rollup (
            grain, bucket, address, word, actions, collections, first_seen, last_seen, accounts,
            per_action, per_action_actions, per_action_collections, per_action_first_seen,
            per_action_last_seen
        )
        SELECT
            addresses.grain,
            addresses.bucket,
            addresses.address,
            addresses.word,
            addresses.actions,
            addresses.collections,
            addresses.first_seen,
            addresses.last_seen,
            addresses.accounts,
            per_action.action,
            per_action.actions,
            per_action.collections,
            per_action.first_seen,
            per_action.last_seen
        FROM addresses
        JOIN per_action USING (grain, bucket, address, word)
        ORDER BY 1, 2, 3
        ON CONFLICT (grain, bucket, address, word) DO UPDATE SET
            actions = rollup.actions + EXCLUDED.actions,
            collections = rollup.collections | EXCLUDED.collections,
            first_seen = least(rollup.first_seen, EXCLUDED.first_seen),
            last_seen = greatest(rollup.last_seen, EXCLUDED.last_seen),
            accounts = activity_sql.union_of(rollup.accounts, EXCLUDED.accounts),
            (
                per_action, per_action_actions, per_action_collections, per_action_first_seen,
                per_action_last_seen
            ) = (
                SELECT
                    array_agg(part.action ORDER BY part.action),
                    array_agg(part.actions ORDER BY part.action),
                    array_agg(part.collections ORDER BY part.action),
                    array_agg(part.first_seen ORDER BY part.action),
                    array_agg(part.last_seen ORDER BY part.action)
                FROM (
                    SELECT
                        known.action,
                        sum(known.actions)::integer AS actions,
                        bit_or(known.collections) AS collections,
                        min(known.first_seen) AS first_seen,
                        max(known.last_seen) AS last_seen
                    FROM unnest(
                        rollup.per_action || EXCLUDED.per_action,
                        rollup.per_action_actions || EXCLUDED.per_action_actions,
                        rollup.per_action_collections || EXCLUDED.per_action_collections,
                        rollup.per_action_first_seen || EXCLUDED.per_action_first_seen,
                        rollup.per_action_last_seen || EXCLUDED.per_action_last_seen
                    ) AS known (action, actions, collections, first_seen, last_seen)
                    GROUP BY known.action
                ) AS part
            )
    ),
    accounts AS (
        SELECT
            cell.grain,
            cell.bucket,
            cell.account,
            cell.collection >> 6 AS word,
            sum(cell.actions) AS actions,
            bit_or(1::bigint << (cell.collection & 63)) AS collections,
            array_agg(DISTINCT cell.address) AS addresses,
            min(cell.first_seen) AS first_seen,
            max(cell.last_seen) AS last_seen
        FROM cells AS cell
        WHERE cell.account <> 0
        GROUP BY cell.grain, cell.bucket, cell.account, cell.collection >> 6
    ),
    pairs AS (
        SELECT
            pair.grain,
            pair.bucket,
            pair.account,
            pair.collection >> 6 AS word,
            array_agg(pair.collection ORDER BY pair.collection, pair.action) AS collection,
            array_agg(pair.action ORDER BY pair.collection, pair.action) AS action,
            array_agg(pair.actions ORDER BY pair.collection, pair.action) AS actions
        FROM (
            SELECT
                cell.grain,
                cell.bucket,
                cell.account,
                cell.collection,
                cell.action,
                sum(cell.actions)::integer AS actions
            FROM cells AS cell
            WHERE cell.account <> 0
            GROUP BY cell.grain, cell.bucket, cell.account, cell.collection, cell.action
        ) AS pair
        GROUP BY pair.grain, pair.bucket, pair.account, pair.collection >> 6
    ),
    folded_accounts AS (
        INSERT INTO activity_sql.account_rollup AS rollup (
            grain, bucket, account, word, actions, collections, addresses, first_seen, last_seen,
            per_pair_collection, per_pair_action, per_pair_actions
        )
        SELECT
            accounts.grain,
            accounts.bucket,
            accounts.account,
            accounts.word,
            accounts.actions,
            accounts.collections,
            accounts.addresses,
            accounts.first_seen,
            accounts.last_seen,
            pairs.collection,
            pairs.action,
            pairs.actions
        FROM accounts
        JOIN pairs USING (grain, bucket, account, word)
        ORDER BY 1, 2, 3
        ON CONFLICT (grain, bucket, account, word) DO UPDATE SET
            actions = rollup.actions + EXCLUDED.actions,
            collections = rollup.collections | EXCLUDED.collections,
            addresses = activity_sql.union_of(rollup.addresses, EXCLUDED.addresses),
            first_seen = least(rollup.first_seen, EXCLUDED.first_seen),
            last_seen = greatest(rollup.last_seen, EXCLUDED.last_seen),
            (per_pair_collection, per_pair_action, per_pair_actions) = (
                SELECT
                    array_agg(pair.collection ORDER BY pair.collection, pair.action),
                    array_agg(pair.action ORDER BY pair.collection, pair.action),
                    array_agg(pair.actions ORDER BY pair.collection, pair.action)
                FROM (
                    SELECT known.collection, known.action, sum(known.actions)::integer AS actions
                    FROM unnest(
                        rollup.per_pair_collection || EXCLUDED.per_pair_collection,
                        rollup.per_pair_action || EXCLUDED.per_pair_action,
                        rollup.per_pair_actions || EXCLUDED.per_pair_actions
                    ) AS known (collection, action, actions)
                    GROUP BY known.collection, known.action
                ) AS pair
            )
    ),
    folded_logins AS (
        INSERT INTO activity_sql.login_rollup AS rollup (
            grain, bucket, account, logins, addresses, last_login
        )
        SELECT
            cell.grain,
            cell.bucket,
            cell.account,
            sum(cell.actions),
            array_agg(DISTINCT cell.address),
            max(cell.last_seen)
        FROM cells AS cell
        JOIN activity_sql.action AS action ON action.id = cell.action
        WHERE cell.account <> 0 AND action.name = 'login'
        GROUP BY cell.grain, cell.bucket, cell.account
        ORDER BY 1, 2, 3
        ON CONFLICT (grain, bucket, account) DO UPDATE SET
            logins = rollup.logins + EXCLUDED.logins,
            addresses = activity_sql.union_of(rollup.addresses, EXCLUDED.addresses),
            last_login = greatest(rollup.last_login, EXCLUDED.last_login)
    )
    INSERT INTO activity_sql.collection_action_rollup AS rollup (
        grain, bucket, collection, action, actions, first_seen, last_seen, accounts, addresses
    )
    SELECT
        cell.grain,
        cell.bucket,
        cell.collection,
        cell.action,
        sum(cell.actions),
        min(cell.first_seen),
        max(cell.last_seen),
        array_agg(DISTINCT cell.account),
        array_agg(DISTINCT cell.address)
    FROM cells AS cell
    GROUP BY cell.grain, cell.bucket, cell.collection, cell.action
    ORDER BY 1, 2, 3
    ON CONFLICT (grain, bucket, collection, action) DO UPDATE SET
        actions = rollup.actions + EXCLUDED.actions,
        first_seen = least(rollup.first_seen, EXCLUDED.first_seen),
        last_seen = greatest(rollup.last_seen, EXCLUDED.last_seen),
        accounts = activity_sql.union_of(rollup.accounts, EXCLUDED.accounts),
        addresses = activity_sql.union_of(rollup.addresses, EXCLUDED.addresses);

    INSERT INTO activity_sql.day_total AS total (
        day, accounts, addresses, per_action, per_action_actions
    )
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
        SELECT rollup.bucket AS day, rollup.action, sum(rollup.actions)::integer AS actions
        FROM activity_sql.collection_action_rollup AS rollup
        WHERE rollup.grain = 'd'
            AND rollup.bucket = ANY (ARRAY(SELECT DISTINCT batch.day FROM activity_sql.batch AS batch))
        GROUP BY rollup.bucket, rollup.action
    ) AS done
    GROUP BY done.day
    ON CONFLICT (day) DO UPDATE SET
        accounts = EXCLUDED.accounts,
        addresses = EXCLUDED.addresses,
        per_action = EXCLUDED.per_action,
        per_action_actions = EXCLUDED.per_action_actions;

    PERFORM activity_sql.forget_trailing(
        ARRAY(SELECT DISTINCT batch.day FROM activity_sql.batch AS batch)
    );
END;
$function$;

COMMENT ON FUNCTION activity_sql.fold_days() IS
    'Adds activity_sql.batch to the rollups of quarters, days, pentads and months, counts its days '
    'again, and forgets the trailing windows that hold one of them.';

REVOKE ALL ON FUNCTION activity_sql.fold_days() FROM PUBLIC;
