DROP TABLE activity_sql.job;
