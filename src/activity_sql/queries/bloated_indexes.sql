SELECT index_name, action FROM <<schema>>.rebuild_activity_indexes(<<percent>>);
