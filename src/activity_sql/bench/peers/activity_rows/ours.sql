/*
7 = {}
30 = {}
*/
SELECT id, action, "user", "timestamp", ip, collection, item
FROM <<schema>>.get_activity_rows(<<days>>, p_action => 'delete', p_as_of => <<as_of>>)
