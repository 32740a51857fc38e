-- path: sql/views/user_totals.sql  -- finding
DROP VIEW public.user_totals;
