"""Faults in folding, healing and reading the rollups."""

from mutant import Mutant

MACHINE = ("tests/properties/test_rollups.py",)
TILES = ("tests/integration/test_window.py",)
HEALING = "tests/integration/test_healing.py"
TAIL = """        WHERE (v_settled IS NULL OR activity.id > v_settled)
            AND activity."timestamp" >= p_window.window_from
            AND (p_window.window_to IS NULL OR activity."timestamp" < p_window.window_to)
"""
FILTERS = """            AND activity.action <> ALL (v_excluded_actions)
            AND (activity."user" IS NULL OR activity."user" <> ALL (v_excluded_users))
"""
FINGERPRINTS = """        AND (base.row_count, base.fingerprint)
        IS DISTINCT FROM (folded.row_count, folded.fingerprint)
"""

ROLLUPS = [
    # Reading
    Mutant(
        "the tail begins at the watermark",
        "functions/window/window_rows.sql",
        "activity.id > v_settled",
        "activity.id >= v_settled",
        MACHINE,
    ),
    Mutant(
        "no tail",
        "functions/window/window_rows.sql",
        "v_settled IS NULL OR activity.id > v_settled",
        "v_settled IS NULL",
        MACHINE,
    ),
    Mutant(
        "the tail counts excluded rows",
        "functions/window/window_rows.sql",
        TAIL + FILTERS,
        TAIL,
        MACHINE,
    ),
    Mutant(
        "rows of an unknown address are lost",
        "functions/window/window_rows.sql",
        "LEFT JOIN addresses AS",
        "JOIN addresses AS",
        MACHINE,
    ),
    Mutant(
        "rows of an unknown collection are lost",
        "functions/window/window_rows.sql",
        "LEFT JOIN activity_sql.collection AS",
        "JOIN activity_sql.collection AS",
        MACHINE,
    ),
    Mutant(
        "the upper edge is in the window",
        "functions/window/window_rows.sql",
        '"timestamp" < p_window.rows2_to',
        '"timestamp" <= p_window.rows2_to',
        MACHINE,
    ),
    Mutant(
        "the archive's upper edge is in the window",
        "functions/window/window_rows.sql",
        '"timestamp" < p_window.archived2_to',
        '"timestamp" <= p_window.archived2_to',
        MACHINE,
    ),
    Mutant(
        "an hour has two",
        "functions/window/find_edge.sql",
        "v_edge.bucket_from + interval '1 hour'",
        "v_edge.bucket_from + interval '2 hours'",
        MACHINE,
    ),
    Mutant(
        "edges are read from rows that are gone",
        "functions/window/readable_source.sql",
        "    RETURN NULL;\n",
        "    RETURN 'rows';\n",
        MACHINE,
    ),
    Mutant(
        "edges are read from an archive that is not whole",
        "functions/window/readable_source.sql",
        "    RETURN NULL;\n",
        "    RETURN 'archive';\n",
        MACHINE,
    ),
    Mutant(
        "edges are rounded down",
        "functions/window/find_edge.sql",
        "        v_edge.moment := v_edge.bucket_to;\n"
        "        v_edge.bucket_from := v_edge.bucket_to;\n",
        "        v_edge.moment := v_edge.bucket_from;\n"
        "        v_edge.bucket_to := v_edge.bucket_from;\n",
        MACHINE,
    ),
    Mutant(
        "hours are looked for where they were dropped",
        "functions/window/find_edge.sql",
        "IF p_moment >= v_since THEN",
        "IF true THEN",
        MACHINE,
    ),
    Mutant(
        "the day before the whole months counts twice",
        "functions/window/split_window.sql",
        "v_parts.pentads1_last := v_parts.month_first - 1;",
        "v_parts.pentads1_last := v_parts.month_first;",
        TILES,
    ),
    Mutant(
        "the day on which the first pentad begins counts twice",
        "functions/window/split_window.sql",
        "v_parts.days1_last := v_pentad - 1;",
        "v_parts.days1_last := v_pentad;",
        TILES,
    ),
    Mutant(
        "the day after the last pentad is left out",
        "functions/window/split_window.sql",
        "v_parts.days2_first := v_after;",
        "v_parts.days2_first := v_after + 1;",
        TILES,
    ),
    Mutant(
        "after the 26th of a month of 31 days the 26th comes again",
        "functions/window/split_window.sql",
        "pentad_start(v_parts.days1_first - 1) + 6)",
        "pentad_start(v_parts.days1_first - 1) + 5)",
        TILES,
    ),
    Mutant(
        "the days after the whole months begin too late",
        "functions/window/split_window.sql",
        "(v_parts.month_last + interval '1 month')::date;",
        "(v_parts.month_last + interval '1 month')::date + 1;",
        TILES,
    ),
    Mutant(
        "hours at the end are lost",
        "functions/window/split_window.sql",
        "v_parts.hours2_last := v_to.bucket_from - interval '1 hour';",
        "v_parts.hours2_last := v_day_to - interval '1 hour';",
        TILES,
    ),
    Mutant(
        "of two midnights the later",
        "functions/rollup/day_start.sql",
        "WHILE isfinite(v_start)",
        "WHILE false AND isfinite(v_start)",
        MACHINE,
    ),
    # Folding
    Mutant(
        "writers are not waited for",
        "functions/rollup/settle.sql",
        "IF v_writers = '{}' THEN",
        "IF true THEN",
        MACHINE,
    ),
    Mutant(
        "the candidate's writers are not waited for",
        "functions/rollup/settle.sql",
        "IF v_mark.candidate_holders && v_writers AND NOT v_renamed THEN",
        "IF false THEN",
        MACHINE,
    ),
    Mutant(
        "prepared transactions are overlooked",
        "functions/rollup/open_writers.sql",
        "held.pid IS DISTINCT FROM pg_backend_pid()",
        "held.pid <> pg_backend_pid()",
        (
            "tests/integration/test_watermark.py"
            "::test_a_candidate_lapses_when_its_writer_is_prepared",
        ),
    ),
    Mutant(
        "a chunk is a row too long",
        "functions/rollup/refresh_activity_rollups.sql",
        "OFFSET p_max_rows - 1",
        "OFFSET p_max_rows",
        ("tests/integration/test_watermark.py",),
    ),
    Mutant(
        "a union is the first of two sets",
        "functions/rollup/union_of.sql",
        "WHEN p_second <@ p_first THEN p_first",
        "WHEN true THEN p_first",
        MACHINE,
    ),
    Mutant(
        "bits repeat after 32 collections",
        "functions/rollup/fold_days.sql",
        "batch.collection & 63",
        "batch.collection & 31",
        MACHINE,
    ),
    Mutant(
        "all collections are in the first word",
        "functions/stats/get_ip_activity_stats.sql",
        "folded.collection >> 6 AS word",
        "0 AS word",
        MACHINE,
    ),
    Mutant(
        "an hour forgets when it was last seen",
        "functions/rollup/fold_hours.sql",
        "max(cell.last_seen) AS last_seen\n        FROM all_cells",
        "min(cell.last_seen) AS last_seen\n        FROM all_cells",
        ("tests/sql/get_ip_activity_stats",),
    ),
    Mutant(
        "a second fold replaces the hour's fingerprint",
        "functions/rollup/fold_hours.sql",
        "fingerprint = hourly.fingerprint # EXCLUDED.fingerprint,",
        "fingerprint = EXCLUDED.fingerprint,",
        MACHINE,
    ),
    # Healing
    Mutant(
        "reconcile compares counts only",
        "functions/rollup/compare_rollups.sql",
        FINGERPRINTS,
        "        AND base.row_count IS DISTINCT FROM folded.row_count\n",
        (f"{HEALING}::test_edits_count_after_reconcile",),
    ),
    Mutant(
        "the other part of an hour is lost when one is folded again",
        "functions/rollup/refold_hour.sql",
        "WHERE (cell.action IS NOT DISTINCT FROM v_run) <> p_is_run;",
        "WHERE false;",
        (f"{HEALING}::test_edits_count_after_reconcile",),
    ),
    Mutant(
        "reconcile lowers counts under keep",
        "functions/rollup/reconcile_rollups.sql",
        "CASE WHEN v_keep AND difference.verdict = 'pruned' THEN",
        "CASE WHEN false THEN",
        (f"{HEALING}::test_under_keep_deleted_rows_go_on_counting",),
    ),
    Mutant(
        "reconcile leaves days and months",
        "functions/rollup/reconcile_rollups.sql",
        "PERFORM activity_sql.refold_month(v_month);",
        "NULL;",
        MACHINE,
    ),
    Mutant(
        "a rebuild forgets what only the archive has",
        "functions/rollup/rebuild_month.sql",
        "CASE WHEN v_archive THEN 'both' ELSE 'rows' END",
        "'rows'",
        (f"{HEALING}::test_with_the_archive_pruning_changes_no_answer",),
    ),
    Mutant(
        "ids that begin again are those of the archive",
        "functions/rollup/forget_ids.sql",
        "SET id = id - 8589934592",
        "SET id = id",
        (f"{HEALING}::test_history_is_kept_in_the_archive_when_ids_begin_again",),
    ),
    Mutant(
        "hours are dropped in the middle of a month",
        "functions/rollup/drop_old_hours.sql",
        "            'month',\n",
        "            'day',\n",
        MACHINE,
    ),
]
