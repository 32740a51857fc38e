-- path: sql/views/user_totals.sql
CREATE VIEW user_totals AS  -- finding
    SELECT "user", total FROM activity_sql.hours;

COMMENT ON VIEW user_totals IS 'Totals.';
