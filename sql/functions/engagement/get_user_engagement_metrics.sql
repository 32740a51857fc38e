-- How engaged each user was in the last p_days days, most engaged first.
--
-- The score ranks, so what it is made of is computed of every user; breakdown,
-- addresses and the window before only of those that are returned. All but the days
-- comes from months where they fit. The days are a set, so that hours that both the
-- window and the days bring do no harm: bits, as collections are, 64 days a word, the
-- first the highest, so that a streak is the longest run of 1 in their text. A user
-- that no fold has seen yet has a negative number.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT.
-- Cost: grows with the days and users in the window, not with its rows; in another
-- than the reporting time zone with its hours, or, where its days begin within an
-- hour, with its rows.
CREATE OR REPLACE FUNCTION {{ directus }}.get_user_engagement_metrics(
    p_days     integer     DEFAULT 30,
    p_limit    integer     DEFAULT 100,
    p_timezone text        DEFAULT 'UTC',
    p_as_of    timestamptz DEFAULT NULL
)
    RETURNS TABLE (
        user_id                uuid,
        total_actions          bigint,
        active_days            bigint,
        collections_used       bigint,
        unique_ips             bigint,
        action_breakdown       jsonb,
        first_seen             timestamptz,
        last_seen              timestamptz,
        actions_per_active_day numeric,
        longest_streak_days    integer,
        engagement_score       integer,
        engagement_level       text,
        trend_percent          numeric
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
    v_days   activity_sql.window_parts;
    v_before activity_sql.window_parts;
BEGIN
    PERFORM activity_sql.require_between('p_days', p_days, 1, 36500,
        'Pass the window in whole days, for example 30.');
    PERFORM activity_sql.require_between('p_limit', coalesce(p_limit, 1), 1, 100000,
        'Pass NULL for all.');
    PERFORM activity_sql.require_time_zone('p_timezone', p_timezone);
    v_from := activity_sql.window_start(p_days * 24, p_as_of);
    v_window := activity_sql.split_window(v_from, p_as_of);
    v_days := activity_sql.split_series(v_from, p_as_of, 'day', p_timezone);
    v_before := activity_sql.split_window(v_from - make_interval(hours => p_days * 24), v_from);
    -- Nothing whole: all of it is read from rows, which say all.
    IF v_days.hours1_first IS NULL THEN
        v_window := v_days;
    -- A trailing window knows its days.
    ELSIF v_days.days1_first IS NOT NULL AND v_window.pentads1_first IS NULL THEN
        v_days := v_window;
    END IF;

    RETURN QUERY
    WITH rows AS MATERIALIZED (
        SELECT
            cell.account,
            cell.new_user,
            coalesce(cell.address, 0) AS address,
            cell.collection,
            cell.action,
            cell.new_action,
            cell.actions,
            cell.first_seen,
            cell.last_seen,
            (cell.moment AT TIME ZONE p_timezone)::date AS day
        FROM activity_sql.window_rows(v_window, p_moments => true, p_numbered => true) AS cell
        WHERE cell.account IS NOT NULL
    ),
    cells AS MATERIALIZED (
        SELECT
            folded.account,
            folded.address,
            folded.collection,
            folded.action,
            folded.actions,
            folded.first_seen,
            coalesce(folded.last_seen, folded.first_seen) AS last_seen
        FROM (
            SELECT
                unnest(hourly.cell_account) AS account,
                unnest(hourly.cell_address) AS address,
                unnest(hourly.cell_collection) AS collection,
                unnest(hourly.cell_action) AS action,
                unnest(hourly.cell_actions) AS actions,
                unnest(hourly.cell_first_seen) AS first_seen,
                unnest(hourly.cell_last_seen) AS last_seen
            FROM activity_sql.activity_hour AS hourly
            WHERE activity_sql.hour_in_window(hourly.hour, v_window)
        ) AS folded
        WHERE folded.account <> 0
        UNION ALL
        SELECT
            cell.account,
            cell.address,
            cell.collection,
            cell.action,
            cell.actions,
            cell.first_seen,
            cell.last_seen
        FROM rows AS cell
    ),
    hours AS MATERIALIZED (
        SELECT (hourly.hour AT TIME ZONE p_timezone)::date AS day, hourly.per_account
        FROM activity_sql.activity_hour AS hourly
        WHERE activity_sql.hour_in_window(hourly.hour, v_window)
            OR (
                v_days.days1_first IS NULL
                AND hourly.hour >= v_days.hours1_first
                AND hourly.hour <= v_days.hours1_last
            )
    ),
    totals AS (
        SELECT
            word.account,
            sum(word.actions) AS actions,
            sum(word.collections) AS collections,
            min(word.first_seen) AS first_seen,
            max(word.last_seen) AS last_seen
        FROM (
            SELECT
                part.account,
                sum(part.actions)::integer AS actions,
                bit_count(bit_or(part.collections)::bit(64))::integer AS collections,
                min(part.first_seen) AS first_seen,
                max(part.last_seen) AS last_seen
            FROM (
                SELECT
                    rollup.account,
                    rollup.word,
                    rollup.actions,
                    rollup.collections,
                    rollup.first_seen,
                    rollup.last_seen
                FROM activity_sql.account_rollup AS rollup
                WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
                UNION ALL
                SELECT
                    cell.account,
                    cell.collection >> 6,
                    cell.actions,
                    1::bigint << (cell.collection & 63),
                    cell.first_seen,
                    cell.last_seen
                FROM cells AS cell
            ) AS part
            GROUP BY part.account, part.word
        ) AS word
        GROUP BY word.account
    ),
    day_words AS (
        SELECT active.account, active.word, bit_or(active.days)::bit(64) AS days
        FROM (
            SELECT
                numbered.account,
                numbered.day >> 6 AS word,
                1::bigint << (63 - (numbered.day & 63)) AS days
            FROM (
                SELECT part.account, least(part.day, '5874897-12-31') - '2000-01-01'::date AS day
                FROM (
                    SELECT rollup.account, rollup.bucket AS day
                    FROM activity_sql.account_rollup AS rollup
                    WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_days)
                        AND rollup.grain <> 't'
                    UNION ALL
                    SELECT unnest(hour.per_account), hour.day
                    FROM hours AS hour
                    UNION ALL
                    SELECT cell.account, cell.day
                    FROM rows AS cell
                ) AS part
            ) AS numbered
            UNION ALL
            SELECT rollup.account, unnest(rollup.active_word), unnest(rollup.active_days)
            FROM activity_sql.account_rollup AS rollup
            WHERE rollup.grain = 't' AND rollup.bucket = v_days.trailing_from
        ) AS active
        GROUP BY active.account, active.word
    ),
    streaks AS MATERIALIZED (
        SELECT
            calendar.account,
            calendar.active_days,
            (
                SELECT max(length(run.days))
                FROM string_to_table(replace(calendar.days, '00000000', '0'), '0') AS run (days)
            ) AS longest
        FROM (
            SELECT
                word.account,
                sum(bit_count(word.days)::integer) AS active_days,
                string_agg(
                    CASE WHEN word.follows THEN '' ELSE '0' END || word.days::text,
                    '' ORDER BY word.word
                ) AS days
            FROM (
                SELECT
                    day_word.account,
                    day_word.word,
                    day_word.days,
                    lag(day_word.word) OVER (
                        PARTITION BY day_word.account ORDER BY day_word.word
                    ) = day_word.word - 1 AS follows
                FROM day_words AS day_word
            ) AS word
            GROUP BY word.account
        ) AS calendar
    ),
    engaged AS MATERIALIZED (
        SELECT
            total.account,
            coalesce(account.user_id, added.new_user) AS user_id,
            total.actions,
            total.collections,
            total.first_seen,
            total.last_seen,
            streak.active_days,
            streak.longest,
            score.engagement_score,
            score.engagement_level
        FROM totals AS total
        JOIN streaks AS streak ON streak.account = total.account
        LEFT JOIN activity_sql.account AS account ON account.id = total.account
        LEFT JOIN (
            SELECT DISTINCT cell.account, cell.new_user
            FROM rows AS cell
            WHERE cell.account < 0
        ) AS added ON added.account = total.account
        CROSS JOIN LATERAL activity_sql.score_engagement(
            p_days,
            streak.active_days,
            total.actions,
            total.collections,
            streak.longest
        ) AS score
        ORDER BY
            score.engagement_score DESC,
            total.actions DESC,
            coalesce(account.user_id, added.new_user)
        LIMIT p_limit
    ),
    buckets AS MATERIALIZED (
        SELECT
            rollup.account,
            rollup.addresses,
            coalesce(rollup.per_action, rollup.per_pair_action) AS per_action,
            coalesce(rollup.per_action_actions, rollup.per_pair_actions) AS per_action_actions
        FROM engaged
        JOIN activity_sql.account_rollup AS rollup ON rollup.account = engaged.account
        WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_window)
    ),
    ips AS (
        SELECT seen.account, count(nullif(seen.address, 0)) AS ips
        FROM (
            SELECT bucket.account, unnest(bucket.addresses) AS address
            FROM buckets AS bucket
            UNION
            SELECT cell.account, cell.address
            FROM cells AS cell
        ) AS seen
        GROUP BY seen.account
    ),
    breakdowns AS (
        SELECT
            done.account,
            jsonb_object_agg(coalesce(action.name, added.new_action), done.actions) AS actions
        FROM (
            SELECT part.account, part.action, sum(part.actions) AS actions
            FROM (
                SELECT pair.account, pair.action, sum(pair.actions)::integer AS actions
                FROM (
                    SELECT
                        bucket.account,
                        unnest(bucket.per_action) AS action,
                        unnest(bucket.per_action_actions) AS actions
                    FROM buckets AS bucket
                ) AS pair
                GROUP BY pair.account, pair.action
                UNION ALL
                SELECT cell.account, cell.action, cell.actions
                FROM cells AS cell
            ) AS part
            GROUP BY part.account, part.action
        ) AS done
        LEFT JOIN activity_sql.action AS action ON action.id = done.action
        LEFT JOIN (
            SELECT DISTINCT cell.action, cell.new_action
            FROM rows AS cell
            WHERE cell.action < 0
        ) AS added ON added.action = done.action
        GROUP BY done.account
    ),
    before AS (
        SELECT part.account, sum(part.actions)::bigint AS actions
        FROM (
            SELECT rollup.account, rollup.actions
            FROM activity_sql.account_rollup AS rollup
            WHERE activity_sql.in_window(rollup.grain, rollup.bucket, v_before)
            UNION ALL
            SELECT unnest(hourly.per_account), unnest(hourly.per_account_actions)
            FROM activity_sql.activity_hour AS hourly
            WHERE activity_sql.hour_in_window(hourly.hour, v_before)
            UNION ALL
            SELECT cut.account, cut.actions
            FROM activity_sql.cut_cells(v_before) AS cut
            UNION ALL
            SELECT coalesce(cell.account, added.account), cell.actions
            FROM activity_sql.row_cells(v_before, p_addresses => false) AS cell
            LEFT JOIN (
                SELECT engaged.account, engaged.user_id
                FROM engaged
                WHERE engaged.account < 0
            ) AS added ON added.user_id = cell.new_user
        ) AS part
        GROUP BY part.account
    )
    SELECT
        engaged.user_id,
        engaged.actions,
        engaged.active_days,
        engaged.collections,
        ips.ips,
        breakdown.actions,
        engaged.first_seen,
        engaged.last_seen,
        round(engaged.actions::numeric / engaged.active_days, 2),
        engaged.longest,
        engaged.engagement_score,
        engaged.engagement_level,
        round((engaged.actions - before.actions) * 100::numeric / before.actions, 2)
    FROM engaged
    JOIN ips ON ips.account = engaged.account
    JOIN breakdowns AS breakdown ON breakdown.account = engaged.account
    LEFT JOIN before ON before.account = engaged.account
    ORDER BY engaged.engagement_score DESC, engaged.actions DESC, engaged.user_id;
END;
$function$;

COMMENT ON FUNCTION {{ directus }}.get_user_engagement_metrics(
    integer, integer, text, timestamptz
) IS
    'How engaged each user was in the last p_days days (24 hours each), by engagement_score, then '
    'total_actions, both descending, at most p_limit rows (NULL: all). With p_as_of the window '
    'is [p_as_of - p_days, p_as_of), without it everything since now() - p_days. Rows without a '
    'user form no row. active_days: calendar days of p_timezone with activity (the first and the '
    'last may be partial); longest_streak_days: most of them in a row; action_breakdown: {action: '
    'count}; actions_per_active_day: two digits. engagement_score 0 to 100 and engagement_level '
    '(inactive, low, regular, high): see activity_sql.score_engagement. trend_percent: '
    'total_actions against the p_days before, in percent of those, two digits; NULL where there '
    'were none. Raises invalid_parameter_value for an argument out of range, '
    'object_not_in_prerequisite_state where p_timezone needs hours or rows that are no longer '
    'there.';

REVOKE ALL ON FUNCTION {{ directus }}.get_user_engagement_metrics(
    integer, integer, text, timestamptz
) FROM PUBLIC;
