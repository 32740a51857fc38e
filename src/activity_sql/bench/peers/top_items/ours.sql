/*
7 = {}
*/
SELECT collection, item, changes, editors, last_change
FROM <<schema>>.get_top_items(<<days>>, NULL, 50, <<as_of>>)
