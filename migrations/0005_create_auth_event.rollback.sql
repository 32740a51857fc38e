DROP TABLE activity_sql.auth_event;
