"""Faults in the views, each found by the tests of that view itself."""

from mutant import Mutant


def tests_of(*names: str) -> tuple[str, ...]:
    return tuple(f"tests/sql/{name}" for name in names)


VIEWS = [
    # Materialized
    Mutant(
        "hourly view: cells are users",
        "views/mv_activity_hourly_stats.sql",
        "count(DISTINCT cell.account)",
        "count(cell.account)",
        tests_of("mv_activity_hourly_stats"),
    ),
    Mutant(
        "hourly view: of 7 days",
        "views/mv_activity_hourly_stats.sql",
        "published_since('mv_activity_hourly_stats')",
        "published_since('mv_activity_dashboard_stats')",
        tests_of("mv_activity_hourly_stats"),
    ),
    Mutant(
        "collection view: cells are addresses",
        "views/mv_activity_collection_stats.sql",
        "count(DISTINCT cell.address)",
        "count(cell.address)",
        tests_of("mv_activity_collection_stats"),
    ),
    Mutant(
        "collection view: cells are counted, not their rows",
        "views/mv_activity_collection_stats.sql",
        "sum(cell.actions)",
        "count(*)",
        tests_of("mv_activity_collection_stats"),
    ),
    Mutant(
        "daily view: days of nobody are left out",
        "views/mv_activity_daily_summary.sql",
        "LEFT JOIN users",
        "JOIN users",
        tests_of("mv_activity_daily_summary"),
    ),
    Mutant(
        "daily view: users of whole months are of their first day",
        "views/mv_activity_daily_summary.sql",
        "    FROM activity_sql.account_rollup AS rollup\n    WHERE rollup.grain = 'd' AND ",
        "    FROM activity_sql.account_rollup AS rollup\n    WHERE ",
        tests_of("mv_activity_daily_summary"),
    ),
    Mutant(
        "daily view: it begins on a day of UTC",
        "views/mv_activity_daily_summary.sql",
        "AT TIME ZONE mark.time_zone",
        "AT TIME ZONE 'UTC'",
        tests_of("mv_activity_daily_summary"),
    ),
    Mutant(
        "dashboard view: the rarest user agent",
        "views/mv_activity_dashboard_stats.sql",
        "counted.actions DESC,",
        "counted.actions,",
        tests_of("mv_activity_dashboard_stats"),
    ),
    Mutant(
        "dashboard view: rows without a user agent are left out",
        "views/mv_activity_dashboard_stats.sql",
        "LEFT JOIN common_agents",
        "JOIN common_agents",
        tests_of("mv_activity_dashboard_stats"),
    ),
    Mutant(
        "dashboard view: of the days that the settings say",
        "functions/maintenance/published_since.sql",
        "interval '168 hours'",
        "make_interval(hours => 24 * v_days)",
        tests_of("mv_activity_dashboard_stats"),
    ),
    Mutant(
        "cells of the views: an hour too many",
        "functions/maintenance/hour_cells.sql",
        "hourly.hour >= p_since",
        "hourly.hour >= p_since - interval '1 hour'",
        tests_of("mv_activity_hourly_stats"),
    ),
    Mutant(
        "user agents: those of the excluded count",
        "functions/rollup/fold_user_agents.sql",
        'activity."user" IS NULL OR activity."user" <> ALL (v_excluded_users)',
        "true",
        ("tests/integration/test_every_view.py",),
    ),
    # Monitoring
    Mutant(
        "index view: 100 scans are few",
        "views/v_activity_index_stats.sql",
        ">= 100 THEN",
        "> 100 THEN",
        tests_of("v_activity_index_stats"),
    ),
    Mutant(
        "index view: least used first",
        "views/v_activity_index_stats.sql",
        "ORDER BY stats.idx_scan DESC",
        "ORDER BY stats.idx_scan",
        tests_of("v_activity_index_stats"),
    ),
    Mutant(
        "performance view: tables of that name in any schema",
        "views/v_activity_performance_stats.sql",
        'stats.relid = to_regclass({{ (directus ~ ".directus_activity") | literal }})',
        "stats.relname = 'directus_activity'",
        tests_of("v_activity_performance_stats"),
    ),
    Mutant(
        "performance view: entries and rows change places",
        "views/v_activity_performance_stats.sql",
        "    stats.idx_tup_read,\n    stats.idx_tup_fetch,\n",
        "    stats.idx_tup_fetch AS idx_tup_read,\n    stats.idx_tup_read AS idx_tup_fetch,\n",
        tests_of("v_activity_performance_stats"),
    ),
    Mutant(
        "performance view: least used first",
        "views/v_activity_performance_stats.sql",
        "ORDER BY stats.idx_scan DESC",
        "ORDER BY stats.idx_scan",
        tests_of("v_activity_performance_stats"),
    ),
    Mutant(
        "slow queries: the quickest first",
        "views/v_activity_slow_queries.sql",
        "ORDER BY slow.mean_exec_time DESC",
        "ORDER BY slow.mean_exec_time",
        tests_of("v_activity_slow_queries"),
    ),
    Mutant(
        "slow queries: of the whole server",
        "functions/maintenance/slow_activity_queries.sql",
        "WHERE database.datname = current_database() ",
        "WHERE true ",
        tests_of("v_activity_slow_queries"),
    ),
    Mutant(
        "slow queries: a library that is not loaded is an error",
        "functions/maintenance/slow_activity_queries.sql",
        "    WHEN object_not_in_prerequisite_state\n        OR undefined_column\n",
        "    WHEN undefined_column\n",
        tests_of("v_activity_slow_queries"),
    ),
    Mutant(
        "slow queries, the other name: the quickest first",
        "views/v_slow_activity_queries.sql",
        "ORDER BY slow.mean_exec_time DESC",
        "ORDER BY slow.mean_exec_time",
        tests_of("v_slow_activity_queries", "v_activity_slow_queries"),
    ),
    Mutant(
        "table view: dead rows are alive",
        "views/v_activity_table_stats.sql",
        "    stats.live_rows,\n    stats.dead_rows,\n",
        "    stats.dead_rows AS live_rows,\n    stats.live_rows AS dead_rows,\n",
        tests_of("v_activity_table_stats"),
    ),
    Mutant(
        "table view: without TOAST and maps",
        "functions/maintenance/activity_table_stats.sql",
        "pg_table_size(v_table)",
        "pg_relation_size(v_table)",
        tests_of("v_activity_table_stats"),
    ),
    Mutant(
        "table view: the newest row is the oldest",
        "functions/maintenance/activity_table_stats.sql",
        'min(activity."timestamp")',
        'max(activity."timestamp")',
        tests_of("v_activity_table_stats"),
    ),
    Mutant(
        "table view: what autovacuum did is unknown",
        "functions/maintenance/activity_table_stats.sql",
        "greatest(stats.last_vacuum, stats.last_autovacuum)",
        "stats.last_autovacuum",
        tests_of("v_activity_table_stats"),
    ),
]
