-- path: sql/views/user_totals.sql
CREATE VIEW public.user_totals AS  -- finding
    SELECT "user", total FROM activity_sql.hours;

COMMENT ON MATERIALIZED VIEW public.user_totals IS 'Totals.';
