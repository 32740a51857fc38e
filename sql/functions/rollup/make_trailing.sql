-- The trailing windows from these days to those, of the days of the rollups, in place of any other.
--
-- Locks: the caller holds the watermark's row. Cost: the rows of as many days as the windows have.
CREATE OR REPLACE FUNCTION activity_sql.make_trailing(p_from date[], p_to date[])
    RETURNS void
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY[
        'address_rollup',
        'account_rollup',
        'login_rollup',
        'collection_action_rollup'
    ] LOOP
        EXECUTE format('DELETE FROM activity_sql.%I AS rollup WHERE rollup.grain = %L', v_table, 't');
    END LOOP;

    WITH days AS MATERIALIZED (
        SELECT
            ready.first,
            rollup.address,
            rollup.word,
            rollup.actions,
            rollup.collections,
            rollup.first_seen,
            rollup.last_seen,
            rollup.accounts,
            rollup.per_action,
            rollup.per_action_actions,
            rollup.per_action_collections,
            rollup.per_action_first_seen,
            rollup.per_action_last_seen
        FROM unnest(p_from, p_to) AS ready (first, last)
        JOIN activity_sql.address_rollup AS rollup
            ON rollup.grain = 'd'
            AND rollup.bucket >= ready.first
            AND rollup.bucket <= ready.last
    ),
    accounts AS (
        SELECT part.first, part.address, part.word, array_agg(DISTINCT part.account) AS accounts
        FROM (
            SELECT days.first, days.address, days.word, unnest(days.accounts) AS account
            FROM days
        ) AS part
        GROUP BY part.first, part.address, part.word
    ),
    per_action AS (
        SELECT
            known.first,
            known.address,
            known.word,
            array_agg(known.action ORDER BY known.action) AS action,
            array_agg(known.actions ORDER BY known.action) AS actions,
            array_agg(known.collections ORDER BY known.action) AS collections,
            array_agg(known.first_seen ORDER BY known.action) AS first_seen,
            array_agg(known.last_seen ORDER BY known.action) AS last_seen
        FROM (
            SELECT
                part.first,
                part.address,
                part.word,
                part.action,
                sum(part.actions)::integer AS actions,
                bit_or(part.collections) AS collections,
                min(part.first_seen) AS first_seen,
                max(part.last_seen) AS last_seen
            FROM (
                SELECT
                    days.first,
                    days.address,
                    days.word,
                    unnest(days.per_action) AS action,
                    unnest(days.per_action_actions) AS actions,
                    unnest(days.per_action_collections) AS collections,
                    unnest(days.per_action_first_seen) AS first_seen,
                    unnest(days.per_action_last_seen) AS last_seen
                FROM days
            ) AS part
            GROUP BY part.first, part.address, part.word, part.action
        ) AS known
        GROUP BY known.first, known.address, known.word
    )
    INSERT INTO activity_sql.address_rollup (
        grain, bucket, address, word, actions, collections, first_seen, last_seen, accounts,
        per_action, per_action_actions, per_action_collections, per_action_first_seen,
        per_action_last_seen
    )
    SELECT
        't',
        total.first,
        total.address,
        total.word,
        total.actions,
        total.collections,
        total.first_seen,
        total.last_seen,
        accounts.accounts,
        per_action.action,
        per_action.actions,
        per_action.collections,
        per_action.first_seen,
        per_action.last_seen
    FROM (
        SELECT
            days.first,
            days.address,
            days.word,
            sum(days.actions) AS actions,
            bit_or(days.collections) AS collections,
            min(days.first_seen) AS first_seen,
            max(days.last_seen) AS last_seen
        FROM days
        GROUP BY days.first, days.address, days.word
    ) AS total
    JOIN accounts USING (first, address, word)
    JOIN per_action USING (first, address, word)
    ORDER BY 2, 3, 4;

    WITH days AS MATERIALIZED (
        SELECT
            ready.first,
            rollup.bucket - '2000-01-01'::date AS day,
            rollup.account,
            rollup.word,
            rollup.actions,
            rollup.collections,
            rollup.addresses,
            rollup.first_seen,
            rollup.last_seen,
            rollup.per_pair_collection,
            rollup.per_pair_action,
            rollup.per_pair_actions
        FROM unnest(p_from, p_to) AS ready (first, last)
        JOIN activity_sql.account_rollup AS rollup
            ON rollup.grain = 'd'
            AND rollup.bucket >= ready.first
            AND rollup.bucket <= ready.last
    ),
    addresses AS (
        SELECT part.first, part.account, part.word, array_agg(DISTINCT part.address) AS addresses
        FROM (
            SELECT days.first, days.account, days.word, unnest(days.addresses) AS address
            FROM days
        ) AS part
        GROUP BY part.first, part.account, part.word
    ),
    pairs AS (
        SELECT
            known.first,
            known.account,
            known.word,
            array_agg(known.collection ORDER BY known.collection, known.action) AS collection,
            array_agg(known.action ORDER BY known.collection, known.action) AS action,
            array_agg(known.actions ORDER BY known.collection, known.action) AS actions
        FROM (
            SELECT
                part.first,
                part.account,
                part.word,
                part.collection,
                part.action,
                sum(part.actions)::integer AS actions
            FROM (
                SELECT
                    days.first,
                    days.account,
                    days.word,
                    unnest(days.per_pair_collection) AS collection,
                    unnest(days.per_pair_action) AS action,
                    unnest(days.per_pair_actions) AS actions
                FROM days
            ) AS part
            GROUP BY part.first, part.account, part.word, part.collection, part.action
        ) AS known
        GROUP BY known.first, known.account, known.word
    ),
    per_action AS (
        SELECT
            known.first,
            known.account,
            known.word,
            array_agg(known.action ORDER BY known.action) AS action,
            array_agg(known.actions ORDER BY known.action) AS actions
        FROM (
            SELECT
                part.first,
                part.account,
                part.word,
                part.action,
                sum(part.actions)::integer AS actions
            FROM (
                SELECT
                    pairs.first,
                    pairs.account,
                    pairs.word,
                    unnest(pairs.action) AS action,
                    unnest(pairs.actions) AS actions
                FROM pairs
            ) AS part
            GROUP BY part.first, part.account, part.word, part.action
        ) AS known
        GROUP BY known.first, known.account, known.word
    ),
    active AS (
        SELECT
            known.first,
            known.account,
            known.word,
            array_agg(known.day_word ORDER BY known.day_word) AS word_of_days,
            array_agg(known.days ORDER BY known.day_word) AS days
        FROM (
            SELECT
                days.first,
                days.account,
                days.word,
                days.day >> 6 AS day_word,
                bit_or(1::bigint << (63 - (days.day & 63))) AS days
            FROM days
            GROUP BY days.first, days.account, days.word, days.day >> 6
        ) AS known
        GROUP BY known.first, known.account, known.word
    )
    INSERT INTO activity_sql.account_rollup (
        grain, bucket, account, word, actions, collections, addresses, first_seen, last_seen,
        per_pair_collection, per_pair_action, per_pair_actions, per_action, per_action_actions,
        active_word, active_days
    )
    SELECT
        't',
        total.first,
        total.account,
        total.word,
        total.actions,
        total.collections,
        addresses.addresses,
        total.first_seen,
        total.last_seen,
        pairs.collection,
        pairs.action,
        pairs.actions,
        per_action.action,
        per_action.actions,
        active.word_of_days,
        active.days
    FROM (
        SELECT
            days.first,
            days.account,
            days.word,
            sum(days.actions) AS actions,
            bit_or(days.collections) AS collections,
            min(days.first_seen) AS first_seen,
            max(days.last_seen) AS last_seen
        FROM days
        GROUP BY days.first, days.account, days.word
    ) AS total
    JOIN addresses USING (first, account, word)
    JOIN pairs USING (first, account, word)
    JOIN per_action USING (first, account, word)
    JOIN active USING (first, account, word)
    ORDER BY 2, 3, 4;

    WITH days AS MATERIALIZED (
        SELECT
            ready.first,
            rollup.account,
            rollup.logins,
            rollup.addresses,
            rollup.last_login
        FROM unnest(p_from, p_to) AS ready (first, last)
        JOIN activity_sql.login_rollup AS rollup
            ON rollup.grain = 'd'
            AND rollup.bucket >= ready.first
            AND rollup.bucket <= ready.last
    ),
    addresses AS (
        SELECT part.first, part.account, array_agg(DISTINCT part.address) AS addresses
        FROM (
            SELECT days.first, days.account, unnest(days.addresses) AS address
            FROM days
        ) AS part
        GROUP BY part.first, part.account
    )
    INSERT INTO activity_sql.login_rollup (
        grain, bucket, account, logins, addresses, last_login, days
    )
    SELECT
        't',
        total.first,
        total.account,
        total.logins,
        addresses.addresses,
        total.last_login,
        total.days
    FROM (
        SELECT
            days.first,
            days.account,
            sum(days.logins) AS logins,
            max(days.last_login) AS last_login,
            count(*) AS days
        FROM days
        GROUP BY days.first, days.account
    ) AS total
    JOIN addresses USING (first, account)
    ORDER BY 2, 3;

    WITH days AS MATERIALIZED (
        SELECT
            ready.first,
            rollup.collection,
            rollup.action,
            rollup.actions,
            rollup.first_seen,
            rollup.last_seen,
            rollup.accounts,
            rollup.addresses
        FROM unnest(p_from, p_to) AS ready (first, last)
        JOIN activity_sql.collection_action_rollup AS rollup
            ON rollup.grain = 'd'
            AND rollup.bucket >= ready.first
            AND rollup.bucket <= ready.last
    ),
    accounts AS (
        SELECT
            part.first, part.collection, part.action, array_agg(DISTINCT part.account) AS accounts
        FROM (
            SELECT days.first, days.collection, days.action, unnest(days.accounts) AS account
            FROM days
        ) AS part
        GROUP BY part.first, part.collection, part.action
    ),
    addresses AS (
        SELECT
            part.first, part.collection, part.action, array_agg(DISTINCT part.address) AS addresses
        FROM (
            SELECT days.first, days.collection, days.action, unnest(days.addresses) AS address
            FROM days
        ) AS part
        GROUP BY part.first, part.collection, part.action
    ),
    of_collection AS (
        SELECT
            part.first,
            part.collection,
            count(DISTINCT nullif(part.account, 0)) AS accounts,
            count(DISTINCT nullif(part.address, 0)) AS addresses
        FROM (
            SELECT
                accounts.first,
                accounts.collection,
                unnest(accounts.accounts) AS account,
                NULL::integer AS address
            FROM accounts
            UNION ALL
            SELECT addresses.first, addresses.collection, NULL, unnest(addresses.addresses)
            FROM addresses
        ) AS part
        GROUP BY part.first, part.collection
    )
    INSERT INTO activity_sql.collection_action_rollup (
        grain, bucket, collection, action, actions, first_seen, last_seen, accounts, addresses,
        collection_accounts, collection_addresses
    )
    SELECT
        't',
        total.first,
        total.collection,
        total.action,
        total.actions,
        total.first_seen,
        total.last_seen,
        accounts.accounts,
        addresses.addresses,
        of_collection.accounts,
        of_collection.addresses
    FROM (
        SELECT
            days.first,
            days.collection,
            days.action,
            sum(days.actions) AS actions,
            min(days.first_seen) AS first_seen,
            max(days.last_seen) AS last_seen
        FROM days
        GROUP BY days.first, days.collection, days.action
    ) AS total
    JOIN accounts USING (first, collection, action)
    JOIN addresses USING (first, collection, action)
    JOIN of_collection USING (first, collection)
    ORDER BY 2, 3, 4;
END;
$function$;

COMMENT ON FUNCTION activity_sql.make_trailing(date[], date[]) IS
    'Replaces grain t of the rollups by the sums of the days from p_from to p_to, parallel arrays: '
    'a bucket each, named by its first day.';

REVOKE ALL ON FUNCTION activity_sql.make_trailing(date[], date[]) FROM PUBLIC;
