-- path: migrations/0001_fill_hours.sql
-- größe 😀
SELECT 1;  -- finding
