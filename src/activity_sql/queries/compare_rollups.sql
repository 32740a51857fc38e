-- As text, since an hour may be infinite.
SELECT hour::text, is_run, base_rows, folded_rows, verdict
FROM activity_sql.compare_rollups();
