SELECT relation, written, unchanged, kept
FROM activity_sql.install_dashboards(%(reset)s);
