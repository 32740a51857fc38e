DROP TABLE activity_sql.day_total;
