-- path: sql/views/user_totals.sql
CREATE MATERIALIZED VIEW public.user_totals AS
    SELECT "user", total FROM activity_sql.hours;

COMMENT ON MATERIALIZED VIEW public.user_totals IS 'Totals.';
