SELECT said, failed FROM activity_sql.run_job(%(name)s);
