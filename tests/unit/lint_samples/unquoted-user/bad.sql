-- path: sql/views/user_totals.sql
CREATE VIEW public.user_totals AS
    SELECT "user", total
    FROM activity_sql.hours
    WHERE owner = user;  -- finding

COMMENT ON VIEW public.user_totals IS 'Totals.';
