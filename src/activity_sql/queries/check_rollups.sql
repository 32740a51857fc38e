-- As text, since a month may be infinite.
SELECT month::text, rollup, problem
FROM activity_sql.check_rollups();
