-- The raw rows behind a figure, newest id first, a page at a time.
--
-- The newest ids are looked through first, some more for as long as that fills the page.
-- What is left then is found by "timestamp" and sorted: walking on by id would read all of
-- the table for a filter that no row of the window passes, since ids follow time only
-- roughly and so none says where the window begins. id + 0 is no column, so that no index
-- has its order.
--
-- origin came in August 2022. Read by name at run time, and only of the page, it is
-- no error where the column is absent.
--
-- Locks: ACCESS SHARE on directus_activity, as any SELECT.
-- Cost: with few filters the page; at worst half a million ids, for a page of 100, and every
-- row of the window.
CREATE OR REPLACE FUNCTION {{ directus }}.get_activity_rows(
    p_days       integer     DEFAULT 7,
    p_collection text        DEFAULT NULL,
    p_item       text        DEFAULT NULL,
    p_user       uuid        DEFAULT NULL,
    p_ip         text        DEFAULT NULL,
    p_action     text        DEFAULT NULL,
    p_before_id  integer     DEFAULT NULL,
    p_limit      integer     DEFAULT 100,
    p_as_of      timestamptz DEFAULT NULL
)
    RETURNS TABLE (
        id          integer,
        action      text,
        "user"      uuid,
        "timestamp" timestamptz,
        ip          varchar(50),
        user_agent  text,
        collection  text,
        item        text,
        origin      text
    )
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
    v_from             timestamptz;
    -- What is looked through at a time: v_floor <= id < v_below.
    v_step             bigint := 20000 + 10 * p_limit;
    v_floor            bigint;
    v_below            bigint;
    v_left             bigint := p_limit;
    v_found            bigint;
    v_excluded_actions text[];
    v_excluded_users   uuid[];
BEGIN
    PERFORM activity_sql.require_between('p_days', p_days, 1, 36500,
        'Pass the window in whole days, for example 7.');
    PERFORM activity_sql.require_between('p_limit', coalesce(p_limit, 1), 1, 100000,
        'Pass NULL for all.');
    v_from := activity_sql.window_start(p_days * 24, p_as_of);
    SELECT coalesce(p_before_id, max(activity.id) + 1)
    INTO v_below
    FROM {{ directus }}.directus_activity AS activity;
    SELECT mark.excluded_actions, mark.excluded_users
    INTO v_excluded_actions, v_excluded_users
    FROM activity_sql.watermark AS mark;

    LOOP
        v_floor := v_below - v_step;
        RETURN QUERY
        SELECT
            (page.activity).id::integer,
            (page.activity).action::text,
            (page.activity)."user",
            (page.activity)."timestamp",
            (page.activity).ip::varchar(50),
            (page.activity).user_agent::text,
            (page.activity).collection::text,
            (page.activity).item::text,
            to_jsonb(page.activity) ->> 'origin'
        FROM (
            SELECT activity
            FROM {{ directus }}.directus_activity AS activity
            WHERE activity."timestamp" >= v_from
                AND (p_as_of IS NULL OR activity."timestamp" < p_as_of)
                AND (p_collection IS NULL OR activity.collection = p_collection)
                AND (p_item IS NULL OR activity.item = p_item)
                AND (p_user IS NULL OR activity."user" = p_user)
                AND (p_ip IS NULL OR activity.ip = p_ip)
                AND (p_action IS NULL OR activity.action = p_action)
                AND (v_below IS NULL OR activity.id < v_below)
                AND (v_floor IS NULL OR activity.id >= v_floor)
                AND activity.action <> ALL (v_excluded_actions)
                AND (activity."user" IS NULL OR activity."user" <> ALL (v_excluded_users))
            ORDER BY CASE WHEN v_floor IS NULL THEN activity.id + 0 ELSE activity.id END DESC
            LIMIT v_left
        ) AS page
        ORDER BY (page.activity).id DESC;
        GET DIAGNOSTICS v_found = ROW_COUNT;
        EXIT WHEN v_floor IS NULL OR v_found = v_left;
        IF v_found * 8 < v_left THEN
            v_step := NULL;
        END IF;
        v_left := v_left - v_found;
        v_below := v_floor;
    END LOOP;
END;
$function$;

COMMENT ON FUNCTION {{ directus }}.get_activity_rows(
    integer, text, text, uuid, text, text, integer, integer, timestamptz
) IS
    'The rows of directus_activity of the last p_days days (24 hours each), by id descending, at '
    'most p_limit (NULL: all). With p_as_of the window is [p_as_of - p_days, p_as_of), without it '
    'everything since now() - p_days. p_collection, p_item, p_user, p_ip and p_action each '
    'narrow it where not NULL. The next page: p_before_id => the last id of this one; with '
    'p_as_of it stays the same while rows come in. origin is NULL where this Directus has no such '
    'column. Read from directus_activity, so as far back as its rows are there; a filter that '
    'few rows pass costs reading all rows of the window. Raises invalid_parameter_value for an '
    'argument out of range.';

REVOKE ALL ON FUNCTION {{ directus }}.get_activity_rows(
    integer, text, text, uuid, text, text, integer, integer, timestamptz
) FROM PUBLIC;
