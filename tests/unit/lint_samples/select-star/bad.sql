-- path: sql/views/user_totals.sql
CREATE VIEW public.user_totals AS
    SELECT *  -- finding
    FROM activity_sql.hours
    UNION ALL
    SELECT h.*  -- finding
    FROM activity_sql.hours AS h
    UNION ALL
    SELECT total, *  -- finding
    FROM activity_sql.hours;

COMMENT ON VIEW public.user_totals IS 'Totals.';
