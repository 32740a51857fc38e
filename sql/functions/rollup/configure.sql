-- Change what is kept and counted.
--
-- Locks: the settings' row. Cost: half a second for a new time zone, whose every
-- hour of 28 years is looked at.
CREATE OR REPLACE FUNCTION activity_sql.configure(
    p_deleted_rows       text    DEFAULT NULL,
    p_archive            boolean DEFAULT NULL,
    p_hours_kept_days    integer DEFAULT NULL,
    p_time_zone          text    DEFAULT NULL,
    p_excluded_actions   text[]  DEFAULT NULL,
    p_excluded_users     uuid[]  DEFAULT NULL,
    p_published_days     integer DEFAULT NULL,
    p_trusted_addresses  cidr[]  DEFAULT NULL,
    p_proxy_addresses    cidr[]  DEFAULT NULL,
    p_archive_kept_days  integer DEFAULT NULL,
    p_mask_addresses     boolean DEFAULT NULL,
    p_publish_names      boolean DEFAULT NULL,
    p_quarters_kept_days integer DEFAULT NULL,
    p_trailing_days      integer[] DEFAULT NULL
)
    RETURNS text
    LANGUAGE plpgsql
    VOLATILE
    PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_pending boolean;
BEGIN
    IF p_deleted_rows NOT IN ('keep', 'mirror') THEN
        RAISE EXCEPTION 'p_deleted_rows must be keep or mirror, got %', p_deleted_rows
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'keep goes on counting rows that were deleted, mirror does not.';
    END IF;
    IF p_hours_kept_days IS NOT NULL THEN
        PERFORM activity_sql.require_between('p_hours_kept_days', p_hours_kept_days, 2, 36500,
            'Pass for how many days hours are kept, for example 400.');
    END IF;
    IF p_quarters_kept_days IS NOT NULL THEN
        PERFORM activity_sql.require_between('p_quarters_kept_days', p_quarters_kept_days, 2, 36500,
            'Pass for how many days quarters of days are kept, for example 100.');
    END IF;
    PERFORM activity_sql.require_between('p_trailing_days', kept.days, 3, 400,
        'Pass windows in days, for example ARRAY[7, 30, 90].')
    FROM unnest(p_trailing_days) AS kept (days);
    IF p_archive_kept_days IS NOT NULL THEN
        PERFORM activity_sql.require_between('p_archive_kept_days', p_archive_kept_days, 2, 36500,
            'Pass for how many days archived rows are kept, for example 730.');
    END IF;
    IF p_published_days IS NOT NULL THEN
        PERFORM activity_sql.require_between('p_published_days', p_published_days, 1, 36500,
            'Pass for how many days views and published tables are filled, for example 90.');
    END IF;
    IF array_position(p_excluded_actions, NULL) IS NOT NULL
        OR array_position(p_excluded_users, NULL) IS NOT NULL
        OR array_position(p_trusted_addresses, NULL) IS NOT NULL
        OR array_position(p_proxy_addresses, NULL) IS NOT NULL
    THEN
        RAISE EXCEPTION 'an element is NULL'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Pass an empty array for none.';
    END IF;
    IF (
        SELECT
            coalesce(p_archive, setting.archive)
            AND coalesce(p_deleted_rows, setting.deleted_rows) = 'mirror'
        FROM activity_sql.setting AS setting
    ) THEN
        RAISE EXCEPTION 'an archive keeps what mirror would forget'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Pass p_archive => false or p_deleted_rows => ''keep'' as well.';
    END IF;
    PERFORM activity_sql.require_whole_hour_zone(p_time_zone);

    UPDATE activity_sql.setting AS setting
    SET
        deleted_rows = coalesce(p_deleted_rows, setting.deleted_rows),
        archive = coalesce(p_archive, setting.archive),
        archive_kept_days = coalesce(p_archive_kept_days, setting.archive_kept_days),
        hours_kept_days = coalesce(p_hours_kept_days, setting.hours_kept_days),
        quarters_kept_days = coalesce(p_quarters_kept_days, setting.quarters_kept_days),
        trailing_days = coalesce(p_trailing_days, setting.trailing_days),
        time_zone = coalesce(p_time_zone, setting.time_zone),
        excluded_actions = coalesce(p_excluded_actions, setting.excluded_actions),
        excluded_users = coalesce(p_excluded_users, setting.excluded_users),
        published_days = coalesce(p_published_days, setting.published_days),
        trusted_addresses = coalesce(p_trusted_addresses, setting.trusted_addresses),
        proxy_addresses = coalesce(p_proxy_addresses, setting.proxy_addresses),
        mask_addresses = coalesce(p_mask_addresses, setting.mask_addresses),
        publish_names = coalesce(p_publish_names, setting.publish_names);

    -- Nothing folded yet: everything wanted is in effect at once.
    UPDATE activity_sql.watermark AS mark
    SET
        time_zone = setting.time_zone,
        excluded_actions = setting.excluded_actions,
        excluded_users = setting.excluded_users
    FROM activity_sql.setting AS setting
    WHERE mark.settled_id IS NULL;
    SELECT (mark.time_zone, mark.excluded_actions, mark.excluded_users)
        IS DISTINCT FROM (setting.time_zone, setting.excluded_actions, setting.excluded_users)
    INTO v_pending
    FROM activity_sql.watermark AS mark
    CROSS JOIN activity_sql.setting AS setting;
    RETURN CASE
        WHEN v_pending THEN 'in effect after SELECT activity_sql.rebuild_rollups()'
        ELSE 'in effect'
    END;
END;
$function$;

COMMENT ON FUNCTION activity_sql.configure(
    text, boolean, integer, text, text [], uuid [], integer, cidr [], cidr [], integer, boolean,
    boolean, integer, integer []
) IS
    'Changes activity_sql.setting; NULL leaves a setting as it is. Says whether everything is in '
    'effect or waits for a rebuild, as another time zone and other exclusions do once rows are '
    'folded. Raises invalid_parameter_value for an unknown value, for a time zone whose days do '
    'not begin on a UTC hour, and for an archive together with mirror.';

REVOKE ALL ON FUNCTION activity_sql.configure(
    text, boolean, integer, text, text [], uuid [], integer, cidr [], cidr [], integer, boolean,
    boolean, integer, integer []
) FROM PUBLIC;
