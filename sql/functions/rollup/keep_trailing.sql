-- Keep the trailing windows ready: what the days up to yesterday amount to, for each of
-- setting.trailing_days, and those before with which they are compared.
--
-- A window of n days that ends today has n - 1 whole days. One less is kept, so that it fits
-- today's windows whether it was made before midnight or after.
--
-- Locks: the watermark's row. Cost: the rows of as many days as the windows have.
CREATE OR REPLACE FUNCTION activity_sql.keep_trailing(p_last date DEFAULT NULL)
    RETURNS text
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    v_last  date;
    v_from  date[];
    v_to    date[];
    v_table text;
BEGIN
    IF NOT activity_sql.lock_watermark(p_wait => false) THEN
        RETURN 'a fold is under way';
    END IF;
    SELECT coalesce(p_last, (now() AT TIME ZONE mark.time_zone)::date - 1)
    INTO v_last
    FROM activity_sql.watermark AS mark;
    -- A bucket is known by its first day: of two with the same one the longer is kept.
    SELECT coalesce(array_agg(ready.first), '{}'), coalesce(array_agg(ready.last), '{}')
    INTO v_from, v_to
    FROM (
        SELECT DISTINCT ON (wanted.first) wanted.first, wanted.last
        FROM activity_sql.setting AS setting
        CROSS JOIN LATERAL unnest(setting.trailing_days) AS kept (days)
        CROSS JOIN LATERAL (
            VALUES
                (v_last - (kept.days - 3), v_last),
                (v_last - (2 * kept.days - 3), v_last - kept.days)
        ) AS wanted (first, last)
        ORDER BY wanted.first, wanted.last DESC
    ) AS ready;

    FOREACH v_table IN ARRAY ARRAY[
        'address_rollup',
        'account_rollup',
        'login_rollup',
        'collection_action_rollup'
    ] LOOP
        EXECUTE format('DELETE FROM activity_sql.%I AS rollup WHERE rollup.grain = %L', v_table, 't');
    END LOOP;
    UPDATE activity_sql.watermark
    SET trailing_from = v_from, trailing_to = v_to;

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
        FROM unnest(v_from, v_to) AS ready (first, last)
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
        FROM unnest(v_from, v_to) AS ready (first, last)
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
        FROM unnest(v_from, v_to) AS ready (first, last)
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
        FROM unnest(v_from, v_to) AS ready (first, last)
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
    )
    INSERT INTO activity_sql.collection_action_rollup (
        grain, bucket, collection, action, actions, first_seen, last_seen, accounts, addresses
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
        addresses.addresses
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
    ORDER BY 2, 3, 4;
    RETURN format('%s windows up to %s', cardinality(v_from), v_last);
END;
$function$;

COMMENT ON FUNCTION activity_sql.keep_trailing(date) IS
    'Makes the trailing windows anew, as grain t of the rollups: for each of setting.trailing_days '
    'its days up to p_last (NULL: yesterday, in watermark.time_zone) but the first, and as many of '
    'the window before. Says how many, and up to when.';

REVOKE ALL ON FUNCTION activity_sql.keep_trailing(date) FROM PUBLIC;
