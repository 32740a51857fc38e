SELECT activity_sql.rebuild_rollups(%(from)s, %(to)s) AS counted_rows;
