-- path: sql/views/top_users.sql
CREATE VIEW public.user_totals AS  -- finding
    SELECT "user", total FROM activity_sql.hours;

COMMENT ON VIEW public.user_totals IS 'Totals.';
