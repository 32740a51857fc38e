-- path: sql/views/top_users.sql
CREATE VIEW public.top_users AS
    SELECT FROM WHERE;  -- finding
