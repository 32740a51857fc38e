-- path: sql/views/user_totals.sql
CREATE VIEW public.user_totals AS
    SELECT "user", total AS directus_total FROM activity_sql.hours;  -- not from directus_activity

COMMENT ON VIEW public.user_totals IS 'Totals.';
