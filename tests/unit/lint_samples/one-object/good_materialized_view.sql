-- path: sql/views/user_totals.sql
CREATE MATERIALIZED VIEW public.user_totals AS
    SELECT "user", total FROM activity_sql.hours;

CREATE UNIQUE INDEX user_totals_key ON public.user_totals ("user");

COMMENT ON MATERIALIZED VIEW public.user_totals IS 'Totals.';
COMMENT ON INDEX public.user_totals_key IS 'One row per user.';
