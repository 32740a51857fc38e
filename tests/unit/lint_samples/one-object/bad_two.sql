-- path: sql/views/user_totals.sql
CREATE VIEW public.user_totals AS
    SELECT "user", total FROM activity_sql.hours;
CREATE VIEW public.top_users AS  -- finding
    SELECT "user" FROM activity_sql.hours;

COMMENT ON VIEW public.user_totals IS 'Totals.';
COMMENT ON VIEW public.top_users IS 'Users.';
