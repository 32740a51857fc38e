SELECT folded_rows, settled_id, lag_rows, duration_ms, more
FROM <<schema>>.refresh_activity_rollups(<<max_rows>>);
