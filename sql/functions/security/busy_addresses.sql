-- Addresses with many actions, and what a score is made of.
--
-- Apart from get_suspicious_activity, which is inlined: who does not ask for the reasons of a score
-- does not wait for them.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT.
-- Cost: grows with the hours (over days: the days) and addresses in the window, not
-- with its rows.
CREATE OR REPLACE FUNCTION activity_sql.busy_addresses(
    p_hours     integer,
    p_threshold integer,
    p_as_of     timestamptz
)
    RETURNS TABLE (
        ip          text,
        actions     bigint,
        collections bigint,
        kinds       bigint,
        deletes     bigint,
        users       bigint,
        actors      bigint,
        last_seen   timestamptz
    )
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    SET plan_cache_mode = force_generic_plan
    SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    v_from   timestamptz;
    v_window activity_sql.window_parts;
BEGIN
    PERFORM activity_sql.require_between('p_hours', p_hours, 1, 876000,
        'Pass the window in whole hours, for example 1.');
    PERFORM activity_sql.require_between('p_threshold', p_threshold, 1, 2147483647,
        'Pass 1 for every address.');
    v_from := activity_sql.window_start(p_hours, p_as_of);
    v_window := activity_sql.split_window(v_from, p_as_of);

    RETURN QUERY
    WITH rows AS MATERIALIZED (
        SELECT
            cell.address,
            cell.new_ip,
            coalesce(cell.account, 0) AS account,
            cell.action,
            cell.new_action,
            cell.collection,
            cell.actions,
            cell.last_seen
        FROM activity_sql.window_rows(v_window, p_numbered => true) AS cell
        WHERE cell.address IS NOT NULL
    ),
    suspects AS MATERIALIZED (
        SELECT total.address, coalesce(address.ip, added.new_ip) AS ip, total.actions
        FROM (
            SELECT part.address, sum(part.actions) AS actions
            FROM (
                SELECT rollup.address, rollup.actions
                FROM activity_sql.address_rollup AS rollup
                WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
                UNION ALL
                SELECT unnest(hourly.per_address), unnest(hourly.per_address_actions)
                FROM activity_sql.activity_hour AS hourly
                WHERE activity_sql.hour_in_window(hourly.hour, v_window)
                UNION ALL
                SELECT cell.address, cell.actions
                FROM rows AS cell
            ) AS part
            GROUP BY part.address
            HAVING sum(part.actions) >= p_threshold
        ) AS total
        LEFT JOIN activity_sql.address AS address ON address.id = total.address
        LEFT JOIN (
            SELECT DISTINCT cell.address, cell.new_ip
            FROM rows AS cell
            WHERE cell.address < 0
        ) AS added ON added.address = total.address
    ),
    buckets AS MATERIALIZED (
        SELECT
            rollup.address,
            rollup.word,
            rollup.collections,
            rollup.last_seen,
            rollup.accounts,
            rollup.per_action,
            rollup.per_action_actions
        FROM suspects AS suspect
        JOIN activity_sql.address_rollup AS rollup ON rollup.address = suspect.address
        WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
    ),
    edges AS MATERIALIZED (
        SELECT
            suspect.address,
            folded.account,
            folded.action,
            folded.collection >> 6 AS word,
            bit_or(1::bigint << (folded.collection & 63)) AS collections,
            sum(folded.actions)::integer AS actions,
            max(coalesce(folded.last_seen, folded.first_seen)) AS last_seen
        FROM suspects AS suspect
        JOIN (
            SELECT
                unnest(hourly.cell_address) AS address,
                unnest(hourly.cell_account) AS account,
                unnest(hourly.cell_collection) AS collection,
                unnest(hourly.cell_action) AS action,
                unnest(hourly.cell_actions) AS actions,
                unnest(hourly.cell_first_seen) AS first_seen,
                unnest(hourly.cell_last_seen) AS last_seen
            FROM activity_sql.activity_hour AS hourly
            WHERE activity_sql.hour_in_window(hourly.hour, v_window)
        ) AS folded ON folded.address = suspect.address
        GROUP BY suspect.address, folded.account, folded.action, folded.collection >> 6
        UNION ALL
        SELECT
            suspect.address,
            tail.account,
            tail.action,
            tail.collection >> 6,
            1::bigint << (tail.collection & 63),
            tail.actions,
            tail.last_seen
        FROM suspects AS suspect
        JOIN rows AS tail ON tail.address = suspect.address
    ),
    actors AS (
        SELECT
            acting.address,
            count(nullif(acting.account, 0)) AS users,
            count(*) AS actors
        FROM (
            SELECT bucket.address, unnest(bucket.accounts) AS account
            FROM buckets AS bucket
            UNION
            SELECT edge.address, edge.account
            FROM edges AS edge
        ) AS acting
        GROUP BY acting.address
    ),
    deletions AS MATERIALIZED (
        SELECT action.id
        FROM activity_sql.action AS action
        WHERE action.name = 'delete'
        UNION
        SELECT tail.action
        FROM rows AS tail
        WHERE tail.new_action = 'delete'
    ),
    -- A set of actions is bits, as one of collections is: cheaper than a row for each.
    kinds AS (
        SELECT
            word.address,
            sum(bit_count(word.kinds::bit(64))::integer) AS kinds,
            sum(word.deletes) AS deletes
        FROM (
            SELECT
                part.address,
                bit_or(1::bigint << (part.action & 63)) AS kinds,
                coalesce(sum(part.actions) FILTER (
                    WHERE part.action = (SELECT deletions.id FROM deletions)
                ), 0)::integer AS deletes
            FROM (
                SELECT
                    bucket.address,
                    unnest(bucket.per_action) AS action,
                    unnest(bucket.per_action_actions) AS actions
                FROM buckets AS bucket
                UNION ALL
                SELECT edge.address, edge.action, edge.actions
                FROM edges AS edge
            ) AS part
            GROUP BY part.address, part.action >> 6
        ) AS word
        GROUP BY word.address
    ),
    breadths AS (
        SELECT
            word.address,
            sum(word.collections) AS collections,
            max(word.last_seen) AS last_seen
        FROM (
            SELECT
                part.address,
                bit_count(bit_or(part.collections)::bit(64))::integer AS collections,
                max(part.last_seen) AS last_seen
            FROM (
                SELECT bucket.address, bucket.word, bucket.collections, bucket.last_seen
                FROM buckets AS bucket
                UNION ALL
                SELECT edge.address, edge.word, edge.collections, edge.last_seen
                FROM edges AS edge
            ) AS part
            GROUP BY part.address, part.word
        ) AS word
        GROUP BY word.address
    )
    SELECT
        suspect.ip,
        suspect.actions,
        breadth.collections,
        kind.kinds,
        kind.deletes,
        actor.users,
        actor.actors,
        breadth.last_seen
    FROM suspects AS suspect
    JOIN actors AS actor ON actor.address = suspect.address
    JOIN kinds AS kind ON kind.address = suspect.address
    JOIN breadths AS breadth ON breadth.address = suspect.address;
END;
$function$;

COMMENT ON FUNCTION activity_sql.busy_addresses(integer, integer, timestamptz) IS
    'Addresses with at least p_threshold actions in the last p_hours hours, in no order: rows, '
    'distinct collections and actions, rows of action delete, distinct users, the same with those '
    'without a user as one (actors), and the last row. Arguments and errors as '
    'get_suspicious_activity.';

REVOKE ALL ON FUNCTION activity_sql.busy_addresses(integer, integer, timestamptz) FROM PUBLIC;
