-- What some subjects did by the hour before they are judged.
--
-- Without a filter everybody comes from their own sums in activity_hour; filtered, from its
-- cells.
--
-- Locks: ACCESS SHARE. Cost: grows with the hours, and with who acts in each; with the
-- cells where there is a filter.
CREATE OR REPLACE FUNCTION activity_sql.hourly_history(
    p_by          text,
    p_subjects    text[],
    p_from        timestamptz,
    p_until       timestamptz,
    p_near        timestamptz DEFAULT NULL,
    p_actions     text[]      DEFAULT NULL,
    p_collections text[]      DEFAULT NULL
)
    RETURNS TABLE (subject text, hours timestamptz[], counts integer[])
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET row_security = off
    SET plan_cache_mode = force_custom_plan
    SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    v_from        timestamptz := activity_sql.hour_of(p_from);
    v_until       timestamptz := activity_sql.hour_of(p_until);
    v_mark        activity_sql.watermark;
    v_filtered    boolean := p_actions IS NOT NULL OR p_collections IS NOT NULL;
    v_hours       timestamptz[];
    v_ids         integer[];
    v_known       text[];
    v_actions     integer[];
    v_collections integer[];
BEGIN
    IF p_subjects = '{}' THEN
        RETURN;
    END IF;
    SELECT mark.settled_id, mark.excluded_actions, mark.excluded_users
    INTO v_mark.settled_id, v_mark.excluded_actions, v_mark.excluded_users
    FROM activity_sql.watermark AS mark;
    IF p_near IS NOT NULL THEN
        v_hours := activity_sql.hours_near(v_from, v_until, p_near);
    END IF;
    SELECT array_agg(known.id), array_agg(known.subject)
    INTO v_ids, v_known
    FROM (
        SELECT account.id, account.user_id::text AS subject
        FROM activity_sql.account AS account
        WHERE p_by = 'user' AND account.user_id = ANY (
            CASE WHEN p_by = 'user' THEN p_subjects::uuid[] END
        )
        UNION ALL
        SELECT address.id, address.ip
        FROM activity_sql.address AS address
        WHERE p_by = 'ip' AND address.ip = ANY (p_subjects)
        UNION ALL
        SELECT collection.id, collection.name
        FROM activity_sql.collection AS collection
        WHERE p_by = 'collection' AND collection.name = ANY (p_subjects)
        UNION ALL
        SELECT action.id, action.name
        FROM activity_sql.action AS action
        WHERE p_by = 'action' AND action.name = ANY (p_subjects)
    ) AS known;
    v_actions := ARRAY(
        SELECT action.id FROM activity_sql.action AS action WHERE action.name = ANY (p_actions)
    );
    v_collections := ARRAY(
        SELECT collection.id
        FROM activity_sql.collection AS collection
        WHERE collection.name = ANY (p_collections)
    );

    RETURN QUERY
    WITH folded AS (
        SELECT
            hourly.hour,
            unnest(hourly.per_account) AS id,
            unnest(hourly.per_account_actions) AS actions
        FROM activity_sql.activity_hour AS hourly
        WHERE p_by = 'user'
            AND NOT v_filtered
            AND hourly.hour >= v_from
            AND hourly.hour < v_until
            AND (v_hours IS NULL OR hourly.hour = ANY (v_hours))
        UNION ALL
        SELECT
            hourly.hour,
            unnest(hourly.per_address) AS id,
            unnest(hourly.per_address_actions) AS actions
        FROM activity_sql.activity_hour AS hourly
        WHERE p_by = 'ip'
            AND hourly.hour >= v_from
            AND hourly.hour < v_until
            AND (v_hours IS NULL OR hourly.hour = ANY (v_hours))
        UNION ALL
        SELECT
            hourly.hour,
            unnest(hourly.per_action) AS id,
            unnest(hourly.per_action_actions) AS actions
        FROM activity_sql.activity_hour AS hourly
        WHERE p_by = 'action'
            AND hourly.hour >= v_from
            AND hourly.hour < v_until
            AND (v_hours IS NULL OR hourly.hour = ANY (v_hours))
        UNION ALL
        SELECT
            hourly.hour,
            unnest(hourly.per_collection) AS id,
            unnest(hourly.per_collection_actions) AS actions
        FROM activity_sql.activity_hour AS hourly
        WHERE p_by = 'collection'
            AND hourly.hour >= v_from
            AND hourly.hour < v_until
            AND (v_hours IS NULL OR hourly.hour = ANY (v_hours))
        UNION ALL
        SELECT hourly.hour, wanted.id, hourly.actions[found.place]
        FROM (
            -- Of a copy an element is had at once; what is stored is unpacked for each.
            SELECT
                packed.hour,
                packed.cell_account || '{}'::integer[] AS account,
                packed.cell_action || '{}'::integer[] AS action,
                CASE
                    WHEN p_collections IS NOT NULL THEN packed.cell_collection || '{}'::integer[]
                END AS collection,
                packed.cell_actions || '{}'::integer[] AS actions
            FROM activity_sql.activity_hour AS packed
            WHERE p_by = 'user'
                AND v_filtered
                AND packed.hour >= v_from
                AND packed.hour < v_until
                AND (v_hours IS NULL OR packed.hour = ANY (v_hours))
                AND packed.per_account && v_ids
            OFFSET 0
        ) AS hourly
        CROSS JOIN unnest(v_ids) AS wanted (id)
        CROSS JOIN LATERAL unnest(array_positions(hourly.account, wanted.id)) AS found (place)
        WHERE (p_actions IS NULL OR hourly.action[found.place] = ANY (v_actions))
            AND (p_collections IS NULL OR hourly.collection[found.place] = ANY (v_collections))
    ),
    known AS (
        SELECT
            v_known[array_position(v_ids, folded.id)] AS subject,
            folded.hour,
            sum(folded.actions) AS actions
        FROM folded
        WHERE folded.id = ANY (v_ids)
        GROUP BY folded.id, folded.hour
    ),
    tail AS (
        SELECT
            activity_sql.hour_of(activity."timestamp") AS hour,
            CASE p_by
                WHEN 'user' THEN activity."user"::text
                WHEN 'ip' THEN activity.ip::text COLLATE "C"
                WHEN 'collection' THEN activity.collection::text COLLATE "C"
                ELSE activity.action::text COLLATE "C"
            END AS subject
        FROM {{ directus }}.directus_activity AS activity
        WHERE (v_mark.settled_id IS NULL OR activity.id > v_mark.settled_id)
            AND activity."timestamp" >= v_from
            AND activity."timestamp" < v_until
            AND activity.action <> ALL (v_mark.excluded_actions)
            AND (activity."user" IS NULL OR activity."user" <> ALL (v_mark.excluded_users))
            AND (p_actions IS NULL OR activity.action = ANY (p_actions))
            AND (p_collections IS NULL OR activity.collection = ANY (p_collections))
    )
    SELECT
        hourly.subject,
        array_agg(hourly.hour ORDER BY hourly.hour),
        array_agg(hourly.actions::integer ORDER BY hourly.hour)
    FROM (
        SELECT part.subject, part.hour, sum(part.actions) AS actions
        FROM (
            SELECT known.subject, known.hour, known.actions
            FROM known
            UNION ALL
            SELECT tail.subject, tail.hour, 1
            FROM tail
            WHERE tail.subject = ANY (p_subjects)
                AND (v_hours IS NULL OR tail.hour = ANY (v_hours))
        ) AS part
        GROUP BY part.subject, part.hour
    ) AS hourly
    GROUP BY hourly.subject;
END;
$function$;

COMMENT ON FUNCTION activity_sql.hourly_history(
    text, text [], timestamptz, timestamptz, timestamptz, text [], text []
) IS
    'Per subject its active hours of the clock in [p_from, p_until), ascending, and its rows in '
    'each; a subject without any is left out. p_by: user (ids as text), ip, collection or action. '
    'With p_near only hours near its time of day. p_actions and p_collections, where not NULL, '
    'count these only, of users.';

REVOKE ALL ON FUNCTION activity_sql.hourly_history(
    text, text [], timestamptz, timestamptz, timestamptz, text [], text []
) FROM PUBLIC;
