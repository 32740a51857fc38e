-- What one user did in the last p_days days.
--
-- Locks: ACCESS SHARE on directus_activity and directus_users, as any SELECT.
-- Cost: grows with the days of the window, not with its rows.
CREATE OR REPLACE FUNCTION {{ directus }}.get_user_activity(
    p_user  uuid,
    p_days  integer     DEFAULT 30,
    p_as_of timestamptz DEFAULT NULL
)
    RETURNS jsonb
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
    v_from           timestamptz;
    v_window         activity_sql.window_parts;
    v_account        integer;
    v_excluded_users uuid[];
    v_known          boolean;
    v_result         jsonb;
BEGIN
    IF p_user IS NULL THEN
        RAISE EXCEPTION 'p_user must be the id of a user, got NULL'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Pass an id of directus_users.';
    END IF;
    PERFORM activity_sql.require_between('p_days', p_days, 1, 36500,
        'Pass the window in whole days, for example 30.');
    v_from := activity_sql.window_start(p_days * 24, p_as_of);
    PERFORM activity_sql.require_users_table();
    v_window := activity_sql.split_window(v_from, p_as_of);
    SELECT mark.excluded_users
    INTO v_excluded_users
    FROM activity_sql.watermark AS mark;
    SELECT account.id
    INTO v_account
    FROM activity_sql.account AS account
    WHERE account.user_id = p_user;

    v_known := EXISTS (SELECT FROM {{ directus }}.directus_users AS users WHERE users.id = p_user)
        OR p_user <> ALL (v_excluded_users)
        AND (v_account IS NOT NULL OR activity_sql.user_in_tail(p_user));

    WITH cells AS MATERIALIZED (
        SELECT
            folded.collection,
            NULL::text AS new_collection,
            folded.action,
            NULL::text AS new_action,
            folded.actions,
            folded.address,
            NULL::text AS new_ip
        FROM (
            SELECT
                unnest(hourly.cell_account) AS account,
                unnest(hourly.cell_collection) AS collection,
                unnest(hourly.cell_action) AS action,
                unnest(hourly.cell_actions) AS actions,
                unnest(hourly.cell_address) AS address
            FROM activity_sql.activity_hour AS hourly
            WHERE activity_sql.hour_in_window(hourly.hour, v_window)
        ) AS folded
        WHERE folded.account = v_account
        UNION ALL
        SELECT
            cell.collection,
            cell.new_collection,
            cell.action,
            cell.new_action,
            cell.actions,
            cell.address,
            cell.new_ip
        FROM activity_sql.window_rows(v_window, p_user => p_user) AS cell
    ),
    buckets AS MATERIALIZED (
        SELECT
            rollup.addresses,
            rollup.per_pair_collection,
            rollup.per_pair_action,
            rollup.per_pair_actions
        FROM activity_sql.account_rollup AS rollup
        WHERE rollup.account = v_account
            AND activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
    ),
    pairs AS MATERIALIZED (
        SELECT
            coalesce(collection.name, part.new_collection) AS collection,
            coalesce(action.name, part.new_action) AS action,
            sum(part.actions) AS actions
        FROM (
            SELECT
                unnest(bucket.per_pair_collection) AS collection,
                NULL::text AS new_collection,
                unnest(bucket.per_pair_action) AS action,
                NULL::text AS new_action,
                unnest(bucket.per_pair_actions) AS actions
            FROM buckets AS bucket
            UNION ALL
            SELECT
                cell.collection,
                cell.new_collection,
                cell.action,
                cell.new_action,
                cell.actions
            FROM cells AS cell
        ) AS part
        LEFT JOIN activity_sql.collection AS collection ON collection.id = part.collection
        LEFT JOIN activity_sql.action AS action ON action.id = part.action
        GROUP BY 1, 2
    ),
    collections AS MATERIALIZED (
        SELECT pair.collection, sum(pair.actions) AS actions
        FROM pairs AS pair
        GROUP BY pair.collection
    ),
    actions AS (
        SELECT pair.action, sum(pair.actions) AS actions
        FROM pairs AS pair
        GROUP BY pair.action
    ),
    ips AS (
        SELECT unnest(bucket.addresses) AS address, NULL::text AS new_ip
        FROM buckets AS bucket
        UNION
        SELECT cell.address, cell.new_ip
        FROM cells AS cell
    )
    SELECT jsonb_build_object(
        'userId', p_user,
        'known', v_known,
        'period', format('%s days', p_days),
        'summary', jsonb_build_object(
            'count', (SELECT coalesce(sum(pair.actions), 0) FROM pairs AS pair),
            'countDistinct_collection', (SELECT count(*) FROM collections AS used),
            'countDistinct_ip', (
                SELECT count(nullif(ip.address, 0)) + count(ip.new_ip) FROM ips AS ip
            )
        ),
        'byCollection', (
            SELECT coalesce(jsonb_agg(
                jsonb_build_object('collection', used.collection, 'count', used.actions)
                ORDER BY used.actions DESC, used.collection COLLATE "C"
            ), '[]')
            FROM collections AS used
        ),
        'byAction', (
            SELECT coalesce(jsonb_agg(
                jsonb_build_object('action', done.action, 'count', done.actions)
                ORDER BY done.actions DESC, done.action COLLATE "C"
            ), '[]')
            FROM actions AS done
        )
    )
    INTO v_result;
    RETURN v_result;
END;
$function$;

COMMENT ON FUNCTION {{ directus }}.get_user_activity(uuid, integer, timestamptz) IS
    'What p_user did in the last p_days days (24 hours each; with p_as_of in [p_as_of - p_days, '
    'p_as_of)), one jsonb object: userId; known, whether the user is in directus_users or was '
    'ever seen in the activity; period, as in "30 days"; summary {count, '
    'countDistinct_collection, countDistinct_ip}; byCollection [{collection, count}] and byAction '
    '[{action, count}], by count descending, then by name. An unknown user has zeros and empty '
    'lists. Raises invalid_parameter_value for an argument out of range, undefined_table or '
    'insufficient_privilege where directus_users cannot be read.';

REVOKE ALL ON FUNCTION {{ directus }}.get_user_activity(uuid, integer, timestamptz) FROM PUBLIC;
