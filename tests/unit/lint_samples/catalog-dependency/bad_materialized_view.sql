-- path: sql/views/user_totals.sql
CREATE MATERIALIZED VIEW public.user_totals AS
    WITH totals AS (
        SELECT "user", 'é😀' AS mark FROM public.directus_activity  -- finding
    )
    SELECT "user" FROM totals
    WHERE EXISTS (SELECT 1 FROM "directus_users");  -- finding

COMMENT ON MATERIALIZED VIEW public.user_totals IS 'Totals.';
