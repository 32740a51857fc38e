-- path: sql/views/user_totals.sql
CREATE MATERIALIZED VIEW public.user_totals AS
    SELECT "user", total FROM activity_sql.hours;

CREATE INDEX user_totals_total ON public.user_totals (total);  -- finding
CREATE UNIQUE INDEX hours_key ON activity_sql.hours ("user");  -- finding

COMMENT ON MATERIALIZED VIEW public.user_totals IS 'Totals.';
COMMENT ON INDEX public.user_totals_total IS 'By total.';
COMMENT ON INDEX activity_sql.hours_key IS 'Of another table.';
