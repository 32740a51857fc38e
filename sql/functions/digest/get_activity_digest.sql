-- A letter about the last days: what changed, who is new, what retention removed.
--
-- New is who was never seen before the window, in everything that was ever folded and the
-- tail; not who was only absent from the window before.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT.
-- Cost: counts the rows of the table once, some 2 s for ten million: it is asked weekly.
CREATE OR REPLACE FUNCTION {{ directus }}.get_activity_digest(
    p_days  integer     DEFAULT 7,
    p_as_of timestamptz DEFAULT NULL
)
    RETURNS text
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    SET plan_cache_mode = force_custom_plan
    SET jit = off
    SET "TimeZone" = 'UTC'
    SET lc_numeric = 'C'
AS $function$
DECLARE
    c_at        CONSTANT text := 'YYYY-MM-DD HH24:MI "UTC"';
    c_count     CONSTANT text := 'FM999G999G999G999G990';
    v_from      timestamptz;
    v_past      activity_sql.window_parts;
    v_summary   jsonb;
    v_before    numeric;
    v_changes   text;
    v_users     text;
    v_addresses text;
    v_removed   bigint;
    v_oldest    timestamptz;
    v_mark      activity_sql.watermark;
BEGIN
    PERFORM activity_sql.require_between('p_days', p_days, 1, 36500,
        'Pass the window in whole days, for example 7.');
    v_from := activity_sql.window_start(p_days * 24, p_as_of);
    v_past := activity_sql.split_window('-infinity', v_from);
    v_summary := {{ directus }}.get_activity_dashboard(p_days, p_as_of) -> 'summary';

    SELECT coalesce(sum(change.previous_count), 0)
    INTO v_before
    FROM {{ directus }}.get_activity_trends(p_days, 'action', NULL, p_as_of) AS change;

    SELECT string_agg(
        format(
            '| %s | %s | %s | %s |',
            activity_sql.markdown_code(change.subject),
            to_char(change.current_count, c_count),
            to_char(change.previous_count, c_count),
            concat_ws(' ', change.trend, to_char(change.trend_percent, 'FMSG999999990.00') || ' %')
        ),
        E'\n'
        ORDER BY abs(change.growth) DESC, change.subject COLLATE "C"
    )
    INTO v_changes
    FROM (
        SELECT
            trends.subject,
            trends.current_count,
            trends.previous_count,
            trends.growth,
            trends.trend_percent,
            trends.trend
        FROM {{ directus }}.get_activity_trends(p_days, 'collection', NULL, p_as_of) AS trends
        WHERE trends.trend <> 'flat'
        ORDER BY abs(trends.growth) DESC, trends.subject COLLATE "C"
        LIMIT 10
    ) AS change;

    WITH earlier AS (
        SELECT account.user_id
        FROM activity_sql.account_rollup AS rollup
        JOIN activity_sql.account AS account ON account.id = rollup.account
        WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_past)
        UNION
        SELECT coalesce(account.user_id, cell.new_user)
        FROM activity_sql.window_cells(v_past) AS cell
        LEFT JOIN activity_sql.account AS account ON account.id = cell.account
    ),
    fresh AS (
        SELECT
            trends.subject,
            trends.current_count,
            row_number() OVER busiest AS place,
            count(*) OVER () AS number
        FROM {{ directus }}.get_activity_trends(p_days, 'user', NULL, p_as_of) AS trends
        WHERE trends.previous_count = 0
            AND NOT EXISTS (SELECT FROM earlier WHERE earlier.user_id = trends.subject::uuid)
        WINDOW busiest AS (ORDER BY trends.current_count DESC, trends.subject COLLATE "C")
    )
    SELECT format('%s users', to_char(max(fresh.number), c_count)) || string_agg(
        format(
            E'\n- %s, %s actions',
            activity_sql.markdown_code(fresh.subject), to_char(fresh.current_count, c_count)
        ),
        '' ORDER BY fresh.place
    )
    INTO v_users
    FROM fresh
    WHERE fresh.place <= 10;

    WITH earlier AS (
        SELECT address.ip
        FROM activity_sql.address_rollup AS rollup
        JOIN activity_sql.address AS address ON address.id = rollup.address
        WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_past)
        UNION
        SELECT coalesce(address.ip, cell.new_ip)
        FROM activity_sql.window_cells(v_past) AS cell
        LEFT JOIN activity_sql.address AS address ON address.id = cell.address
    ),
    fresh AS (
        SELECT
            trends.subject,
            trends.current_count,
            row_number() OVER busiest AS place,
            count(*) OVER () AS number
        FROM {{ directus }}.get_activity_trends(p_days, 'ip', NULL, p_as_of) AS trends
        WHERE trends.previous_count = 0
            AND NOT EXISTS (SELECT FROM earlier WHERE earlier.ip = trends.subject)
        WINDOW busiest AS (ORDER BY trends.current_count DESC, trends.subject COLLATE "C")
    )
    SELECT format('%s addresses', to_char(max(fresh.number), c_count)) || string_agg(
        format(
            E'\n- %s, %s actions',
            activity_sql.markdown_code(fresh.subject), to_char(fresh.current_count, c_count)
        ),
        '' ORDER BY fresh.place
    )
    INTO v_addresses
    FROM fresh
    WHERE fresh.place <= 10;

    SELECT mark.settled_id, mark.excluded_actions, mark.excluded_users
    INTO v_mark.settled_id, v_mark.excluded_actions, v_mark.excluded_users
    FROM activity_sql.watermark AS mark;
    SELECT
        (
            SELECT coalesce(sum(rollup.actions), 0)
            FROM activity_sql.collection_action_rollup AS rollup
            WHERE rollup.grain = 'm'
        ) - count(*) FILTER (WHERE activity.id <= v_mark.settled_id),
        min(activity."timestamp")
    INTO v_removed, v_oldest
    FROM {{ directus }}.directus_activity AS activity
    WHERE activity.action <> ALL (v_mark.excluded_actions)
        AND (activity."user" IS NULL OR activity."user" <> ALL (v_mark.excluded_users));

    RETURN concat_ws(
        E'\n\n',
        format(
            '# Activity, %s to %s', to_char(v_from, c_at), to_char(coalesce(p_as_of, now()), c_at)
        ),
        format(
            '**%s actions** by %s users from %s addresses; %s in the %s before.',
            to_char((v_summary ->> 'totalActivity')::numeric, c_count),
            to_char((v_summary ->> 'uniqueUsers')::numeric, c_count),
            to_char((v_summary ->> 'uniqueIPs')::numeric, c_count),
            to_char(v_before, c_count),
            v_summary ->> 'period'
        ),
        '## What changed',
        coalesce(
            E'| collection | actions | before | |\n|---|--:|--:|---|\n' || v_changes,
            'No collection by more than ten percent.'
        ),
        '## Who is new',
        coalesce(nullif(concat_ws(E'\n\n', v_users, v_addresses), ''), 'Nobody.'),
        '## What retention removed',
        CASE
            WHEN v_removed > 0 THEN format(
                '%s rows that were folded are no longer in directus_activity%s. They go on counting.',
                to_char(v_removed, c_count),
                ', whose oldest row is of ' || to_char(v_oldest, c_at)
            )
            ELSE 'Nothing: every row that was folded is still in directus_activity.'
        END
    ) || E'\n';
END;
$function$;

COMMENT ON FUNCTION {{ directus }}.get_activity_digest(integer, timestamptz) IS
    'A letter in Markdown about the last p_days days (1 to 36,500), or those before p_as_of: actions '
    'beside the window before; the ten collections that changed most, where by over ten percent; '
    'the ten busiest of the users and of the addresses that were never seen before; how many folded '
    'rows are no longer in directus_activity, as of now. What strangers wrote stands in backticks. '
    'Counts the rows of the table once. Raises invalid_parameter_value.';

REVOKE ALL ON FUNCTION {{ directus }}.get_activity_digest(integer, timestamptz) FROM PUBLIC;
