DROP TABLE activity_sql.view_refresh;
