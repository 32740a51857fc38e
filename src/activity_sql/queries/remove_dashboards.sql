SELECT relation, removed
FROM activity_sql.remove_dashboards();
