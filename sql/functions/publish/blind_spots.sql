-- What the activity log does not hold, and no figure can tell: the one place that says so
-- to the published tables.
--
-- Locks: none. Cost: none.
CREATE OR REPLACE FUNCTION activity_sql.blind_spots()
    RETURNS TABLE (topic text, detail text)
    LANGUAGE plpgsql
    STABLE
    PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    VALUES
        ('Failed logins', 'Directus does not record them'),
        ('Reads', 'Directus records what is changed, not what is looked at'),
        ('SQL beside Directus', 'changes made past Directus leave no activity'),
        ('Collections without accountability', 'those set to record nothing have no activity');
END;
$function$;

COMMENT ON FUNCTION activity_sql.blind_spots() IS
    'One row per thing that the activity log does not hold.';

REVOKE ALL ON FUNCTION activity_sql.blind_spots() FROM PUBLIC;
