-- The batch goes into the hours: the rows of a touched hour and the new ones are
-- grouped again and packed, and so are their sums by address, account, action and collection.
--
-- A row is a moment here. Of hours that were folded before moments were kept only the first and
-- last of a cell are known: the last then stands for all others, and such an hour stays vague.
--
-- Locks: ROW EXCLUSIVE on activity_sql.activity_hour; as add_month_partitions where
-- a month is new.
-- Cost: grows with the rows of the touched hours.
CREATE OR REPLACE FUNCTION activity_sql.fold_hours()
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
    PERFORM activity_sql.add_month_partitions('activity_hour', ARRAY(
        SELECT DISTINCT date_trunc('month', batch.hour, 'UTC') FROM activity_sql.batch AS batch
    ));

    WITH new_hours AS MATERIALIZED (
        SELECT
            batch.hour,
            sum(batch.actions)::integer AS actions,
            coalesce(sum(batch.actions) FILTER (WHERE batch.is_run), 0)::integer AS run_actions,
            bit_xor(batch.fingerprint) AS fingerprint,
            coalesce(bit_xor(batch.fingerprint) FILTER (WHERE batch.is_run), 0) AS run_fingerprint
        FROM activity_sql.batch AS batch
        GROUP BY batch.hour
    ),
    all_cells AS (
        SELECT
            batch.hour,
            batch.address,
            batch.account,
            batch.collection,
            batch.action,
            batch.actions,
            batch.first_seen,
            batch.last_seen,
            batch.seen
        FROM activity_sql.batch AS batch
        UNION ALL
        SELECT
            folded.hour,
            folded.address,
            folded.account,
            folded.collection,
            folded.action,
            folded.actions,
            folded.first_seen,
            folded.last_seen,
            folded.seen
        FROM new_hours
        CROSS JOIN LATERAL activity_sql.unpacked_hour(new_hours.hour) AS folded
    ),
    cells AS (
        SELECT
            moment.hour,
            moment.address,
            moment.account,
            moment.collection,
            moment.action,
            row_number() OVER (
                PARTITION BY moment.hour
                ORDER BY moment.address, moment.account, moment.collection, moment.action
            )::integer AS place,
            count(*)::integer AS actions,
            array_agg(moment.seen) AS seen,
            min(moment.seen) AS first_seen,
            max(moment.seen) AS last_seen,
            bool_or(moment.is_vague) AS is_vague
        FROM (
            SELECT
                cell.hour,
                cell.address,
                cell.account,
                cell.collection,
                cell.action,
                cell.seen IS NULL AND cell.actions > 2 AS is_vague,
                unnest(coalesce(
                    cell.seen,
                    cell.first_seen || array_fill(cell.last_seen, ARRAY[cell.actions - 1])
                )) AS seen
            FROM all_cells AS cell
            ORDER BY 1, 2, 3, 4, 5, 7
        ) AS moment
        GROUP BY moment.hour, moment.address, moment.account, moment.collection, moment.action
        ORDER BY moment.hour, moment.address, moment.account, moment.collection, moment.action
    ),
    packed AS (
        SELECT
            cell.hour,
            array_agg(cell.address) AS address,
            array_agg(cell.account) AS account,
            array_agg(cell.collection) AS collection,
            array_agg(cell.action) AS action,
            array_agg(cell.actions) AS actions,
            array_agg(cell.first_seen) AS first_seen,
            array_agg(nullif(cell.last_seen, cell.first_seen)) AS last_seen,
            bool_or(cell.is_vague) AS is_vague
        FROM cells AS cell
        GROUP BY cell.hour
    ),
    middles AS (
        SELECT
            middle.hour,
            array_agg(middle.place) AS cell,
            array_agg(middle.seen) AS seen
        FROM (
            SELECT
                cell.hour,
                cell.place,
                unnest(cell.seen[2:cell.actions - 1]) AS seen
            FROM cells AS cell
            WHERE cell.actions > 2
            ORDER BY 1, 2, 3
        ) AS middle
        GROUP BY middle.hour
    ),
    per_address AS (
        SELECT
            part.hour,
            array_agg(part.address ORDER BY part.address, part.word) AS address,
            array_agg(part.word ORDER BY part.address, part.word) AS word,
            array_agg(part.actions ORDER BY part.address, part.word) AS actions,
            array_agg(part.collections ORDER BY part.address, part.word) AS collections
        FROM (
            SELECT
                cell.hour,
                cell.address,
                cell.collection >> 6 AS word,
                sum(cell.actions)::integer AS actions,
                bit_or(1::bigint << (cell.collection & 63)) AS collections
            FROM cells AS cell
            WHERE cell.address <> 0
            GROUP BY cell.hour, cell.address, cell.collection >> 6
        ) AS part
        GROUP BY part.hour
    ),
    per_account AS (
        SELECT
            part.hour,
            array_agg(part.account ORDER BY part.account, part.word) AS account,
            array_agg(part.word ORDER BY part.account, part.word) AS word,
            array_agg(part.actions ORDER BY part.account, part.word) AS actions,
            array_agg(part.collections ORDER BY part.account, part.word) AS collections
        FROM (
            SELECT
                cell.hour,
                cell.account,
                cell.collection >> 6 AS word,
                sum(cell.actions)::integer AS actions,
                bit_or(1::bigint << (cell.collection & 63)) AS collections
            FROM cells AS cell
            WHERE cell.account <> 0
            GROUP BY cell.hour, cell.account, cell.collection >> 6
        ) AS part
        GROUP BY part.hour
    ),
    per_action AS (
        SELECT
            part.hour,
            array_agg(part.action ORDER BY part.action) AS action,
            array_agg(part.actions ORDER BY part.action) AS actions
        FROM (
            SELECT cell.hour, cell.action, sum(cell.actions)::integer AS actions
            FROM cells AS cell
            GROUP BY cell.hour, cell.action
        ) AS part
        GROUP BY part.hour
    ),
    per_collection AS (
        SELECT
            part.hour,
            array_agg(part.collection ORDER BY part.collection) AS collection,
            array_agg(part.actions ORDER BY part.collection) AS actions,
            array_agg(part.last_seen ORDER BY part.collection) AS last_seen
        FROM (
            SELECT
                cell.hour,
                cell.collection,
                sum(cell.actions)::integer AS actions,
                max(cell.last_seen) AS last_seen
            FROM cells AS cell
            GROUP BY cell.hour, cell.collection
        ) AS part
        GROUP BY part.hour
    )
    INSERT INTO activity_sql.activity_hour AS hourly (
        hour, actions, run_actions, fingerprint, run_fingerprint, cell_address, cell_account,
        cell_collection, cell_action, cell_actions, cell_first_seen, cell_last_seen, per_address,
        per_address_word, per_address_actions, per_address_collections, per_account,
        per_account_word, per_account_actions, per_account_collections, per_action,
        per_action_actions, per_collection, per_collection_actions, per_collection_last_seen,
        middle_cell, middle_seen
    )
    SELECT
        new_hours.hour,
        new_hours.actions,
        new_hours.run_actions,
        new_hours.fingerprint,
        new_hours.run_fingerprint,
        packed.address,
        packed.account,
        packed.collection,
        packed.action,
        packed.actions,
        packed.first_seen,
        packed.last_seen,
        coalesce(per_address.address, '{}'),
        coalesce(per_address.word, '{}'),
        coalesce(per_address.actions, '{}'),
        coalesce(per_address.collections, '{}'),
        coalesce(per_account.account, '{}'),
        coalesce(per_account.word, '{}'),
        coalesce(per_account.actions, '{}'),
        coalesce(per_account.collections, '{}'),
        per_action.action,
        per_action.actions,
        per_collection.collection,
        per_collection.actions,
        per_collection.last_seen,
        CASE WHEN NOT packed.is_vague THEN coalesce(middles.cell, '{}') END,
        CASE WHEN NOT packed.is_vague THEN coalesce(middles.seen, '{}') END
    FROM new_hours
    JOIN packed ON packed.hour = new_hours.hour
    JOIN per_action ON per_action.hour = new_hours.hour
    JOIN per_collection ON per_collection.hour = new_hours.hour
    LEFT JOIN per_address ON per_address.hour = new_hours.hour
    LEFT JOIN per_account ON per_account.hour = new_hours.hour
    LEFT JOIN middles ON middles.hour = new_hours.hour
    ON CONFLICT (hour) DO UPDATE SET
        actions = hourly.actions + EXCLUDED.actions,
        run_actions = hourly.run_actions + EXCLUDED.run_actions,
        fingerprint = hourly.fingerprint # EXCLUDED.fingerprint,
        run_fingerprint = hourly.run_fingerprint # EXCLUDED.run_fingerprint,
        cell_address = EXCLUDED.cell_address,
        cell_account = EXCLUDED.cell_account,
        cell_collection = EXCLUDED.cell_collection,
        cell_action = EXCLUDED.cell_action,
        cell_actions = EXCLUDED.cell_actions,
        cell_first_seen = EXCLUDED.cell_first_seen,
        cell_last_seen = EXCLUDED.cell_last_seen,
        per_address = EXCLUDED.per_address,
        per_address_word = EXCLUDED.per_address_word,
        per_address_actions = EXCLUDED.per_address_actions,
        per_address_collections = EXCLUDED.per_address_collections,
        per_account = EXCLUDED.per_account,
        per_account_word = EXCLUDED.per_account_word,
        per_account_actions = EXCLUDED.per_account_actions,
        per_account_collections = EXCLUDED.per_account_collections,
        per_action = EXCLUDED.per_action,
        per_action_actions = EXCLUDED.per_action_actions,
        per_collection = EXCLUDED.per_collection,
        per_collection_actions = EXCLUDED.per_collection_actions,
        per_collection_last_seen = EXCLUDED.per_collection_last_seen,
        middle_cell = EXCLUDED.middle_cell,
        middle_seen = EXCLUDED.middle_seen;
END;
$function$;

COMMENT ON FUNCTION activity_sql.fold_hours() IS
    'Adds activity_sql.batch to activity_sql.activity_hour, with partitions for new months.';

REVOKE ALL ON FUNCTION activity_sql.fold_hours() FROM PUBLIC;
