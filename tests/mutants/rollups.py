"""Faults in folding, healing and reading the rollups."""

from mutant import Mutant

MACHINE = ("tests/properties/test_rollups.py",)
TILES = ("tests/integration/test_window.py",)
HEALING = "tests/integration/test_healing.py"
LATE = (f"{HEALING}::test_a_late_row_takes_the_windows_of_its_day_out_of_use",)
FIRST_OF_DAY = (f"{HEALING}::test_the_first_fold_of_a_day_makes_its_windows",)
EDGES = (f"{HEALING}::test_an_edge_is_exact_when_its_rows_are_gone",)
KEPT = (
    "tests/integration/test_every_function.py::test_however_rows_are_kept_the_answer_is_the_same",
)
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
        "functions/window/row_cells.sql",
        "v_settled IS NULL OR activity.id > v_settled",
        "v_settled IS NULL OR activity.id >= v_settled",
        MACHINE,
    ),
    Mutant(
        "no tail",
        "functions/window/row_cells.sql",
        "v_settled IS NULL OR activity.id > v_settled",
        "v_settled IS NULL",
        MACHINE,
    ),
    Mutant(
        "the tail counts excluded rows",
        "functions/window/row_cells.sql",
        TAIL + FILTERS,
        TAIL,
        MACHINE,
    ),
    Mutant(
        "rows of an unknown address are lost",
        "functions/window/row_cells.sql",
        "LEFT JOIN addresses AS",
        "JOIN addresses AS",
        MACHINE,
    ),
    Mutant(
        "rows of an unknown collection are lost",
        "functions/window/row_cells.sql",
        "LEFT JOIN activity_sql.collection AS",
        "JOIN activity_sql.collection AS",
        MACHINE,
    ),
    Mutant(
        "the upper edge is in the window",
        "functions/window/row_cells.sql",
        '"timestamp" < p_window.rows2_to',
        '"timestamp" <= p_window.rows2_to',
        MACHINE,
    ),
    Mutant(
        "the archive's upper edge is in the window",
        "functions/window/row_cells.sql",
        '"timestamp" < p_window.archived2_to',
        '"timestamp" <= p_window.archived2_to',
        (f"{HEALING}::test_with_the_archive_pruning_changes_no_answer",),
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
        "max(moment.seen) AS last_seen",
        "min(moment.seen) AS last_seen",
        KEPT,
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
        "AND (cell.action IS NOT DISTINCT FROM v_run) <> p_is_run;",
        "AND false;",
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
    # Reading: cut hours and quarters of days
    Mutant(
        "a cut hour counts what is before the edge",
        "functions/window/cut_cells.sql",
        "folded.first_seen >= folded.cut_from AND folded.first_seen < folded.cut_to AS is_first",
        "folded.first_seen < folded.cut_to AS is_first",
        EDGES,
    ),
    Mutant(
        "what is between the first and the last counts up to the edge and on it",
        "functions/window/cut_cells.sql",
        "kept.seen < kept.cut_to",
        "kept.seen <= kept.cut_to",
        EDGES,
    ),
    Mutant(
        "what is between the first and the last is lost",
        "functions/window/cut_cells.sql",
        " + coalesce(middle.actions, 0)",
        "",
        EDGES,
    ),
    Mutant(
        "one row is the first and the last",
        "functions/window/cut_cells.sql",
        "folded.actions > 1\n            AND folded.last_seen",
        "folded.last_seen",
        EDGES,
    ),
    Mutant(
        "the first of a cut cell is that of the whole",
        "functions/window/cut_cells.sql",
        "least(\n            CASE WHEN cell.is_first THEN cell.first_seen END,",
        "least(\n            cell.first_seen,",
        EDGES,
    ),
    Mutant(
        "an hour is cut by moments that it does not have",
        "functions/window/find_edge.sql",
        " AND hourly.middle_cell IS NULL",
        " AND false",
        MACHINE,
    ),
    Mutant(
        "the tail is not looked for where nothing else is to be read",
        "functions/window/row_cells.sql",
        "AND NOT EXISTS (",
        "AND EXISTS (",
        MACHINE,
    ),
    Mutant(
        "a quarter begins before the window",
        "functions/window/split_window.sql",
        "v_from.bucket_to <= v_start + interval '12 hours'",
        "v_from.bucket_to <= v_start + interval '13 hours'",
        TILES,
    ),
    Mutant(
        "the hour before the first quarter is left out",
        "functions/window/split_window.sql",
        "v_parts.hours1_last := v_start + interval '11 hours'",
        "v_parts.hours1_last := v_start + interval '10 hours'",
        TILES,
    ),
    Mutant(
        "a quarter ends after the window",
        "functions/window/split_window.sql",
        "v_to.bucket_from >= v_day_to + interval '18 hours'",
        "v_to.bucket_from >= v_day_to + interval '17 hours'",
        TILES,
    ),
    Mutant(
        "quarters are read that are not kept",
        "functions/window/split_window.sql",
        "v_from.bucket_to < v_day_from AND v_day >= v_quarters",
        "v_from.bucket_to < v_day_from",
        TILES,
    ),
    Mutant(
        "the last quarter is not read",
        "functions/window/in_window.sql",
        "p_grain = '3' AND",
        "false AND",
        KEPT,
    ),
    # Keeping moments and quarters
    Mutant(
        "the last counts as one between as well",
        "functions/rollup/fold_hours.sql",
        "cell.seen[2:cell.actions - 1]",
        "cell.seen[2:cell.actions]",
        EDGES,
    ),
    Mutant(
        "moments that nobody knows are made up",
        "functions/rollup/fold_hours.sql",
        "bool_or(cell.is_vague) AS is_vague",
        "false AS is_vague",
        (f"{HEALING}::test_an_hour_without_moments_gets_them_where_it_can",),
    ),
    Mutant(
        "more rows forget the moments of those before",
        "functions/rollup/unpacked_hour.sql",
        "WHEN middles.seen IS NOT NULL\n",
        "WHEN false\n",
        (f"{HEALING}::test_moments_last_when_an_hour_is_folded_in_parts",),
    ),
    Mutant(
        "the part of an hour that is not folded again loses its moments",
        "functions/rollup/refold_hour.sql",
        "        cell.last_seen,\n        cell.seen\n",
        "        cell.last_seen,\n        NULL\n",
        (f"{HEALING}::test_the_part_of_an_hour_that_was_not_edited_keeps_its_moments",),
    ),
    Mutant(
        "a quarter has seven hours",
        "functions/rollup/quarter_of.sql",
        "/ 21600",
        "/ 25200",
        MACHINE,
    ),
    Mutant(
        "old quarters stay",
        "functions/rollup/keep_quarters.sql",
        "'WHERE rollup.grain = ANY (%L) AND rollup.bucket < %L',",
        "'WHERE rollup.grain = ANY (%L) AND rollup.bucket < %L AND false',",
        MACHINE,
    ),
    Mutant(
        "quarters of months before are not made",
        "functions/rollup/keep_quarters.sql",
        "        PERFORM activity_sql.refold_month(v_month);\n",
        "",
        MACHINE,
    ),
    Mutant(
        "no check of pentads",
        "functions/rollup/rollup_digests.sql",
        "{0,1,2,3,d,p,m}",
        "{0,1,2,3,d,m}",
        (f"{HEALING}::test_check_finds_what_was_planted_and_changes_nothing",),
    ),
    # Trailing windows and the totals of days
    Mutant(
        "late rows leave the trailing windows in use",
        "functions/rollup/fold_days.sql",
        "        ARRAY(SELECT DISTINCT batch.day FROM activity_sql.batch AS batch)\n",
        "        '{}'\n",
        LATE,
    ),
    Mutant(
        "a late row on the last day leaves them in use",
        "functions/rollup/forget_trailing.sql",
        "changed.day <= ready.last",
        "changed.day < ready.last",
        LATE,
    ),
    Mutant(
        "a month made again leaves them in use",
        "functions/rollup/refold_month.sql",
        "        FROM activity_sql.day_total AS total\n        WHERE date_trunc",
        "        FROM activity_sql.day_total AS total\n        WHERE false AND date_trunc",
        (f"{HEALING}::test_a_day_whose_rows_are_gone_takes_its_windows_out_of_use",),
    ),
    Mutant(
        "a trailing window without its last day",
        "functions/rollup/make_trailing.sql",
        "rollup.bucket <= ready.last\n    ),\n    accounts AS (\n"
        "        SELECT part.first, part.address",
        "rollup.bucket < ready.last\n    ),\n    accounts AS (\n"
        "        SELECT part.first, part.address",
        KEPT,
    ),
    Mutant(
        "a trailing window is a day longer than a window holds",
        "functions/rollup/keep_trailing.sql",
        "(v_last - (kept.days - 2), v_last)",
        "(v_last - (kept.days - 1), v_last)",
        KEPT,
    ),
    Mutant(
        "a new day has no trailing windows until the night",
        "functions/rollup/refresh_activity_rollups.sql",
        "OR mark.trailing_made_on < (now()",
        "OR false AND mark.trailing_made_on < (now()",
        FIRST_OF_DAY,
    ),
    Mutant(
        "trailing windows are made before the day before is over",
        "functions/rollup/refresh_activity_rollups.sql",
        "                        WHERE batch.day < (now()",
        "                        WHERE false AND batch.day < (now()",
        FIRST_OF_DAY,
    ),
    Mutant(
        "trailing windows are made again and again",
        "functions/rollup/keep_trailing.sql",
        ", trailing_made_on = v_today;",
        ", trailing_made_on = v_today - 1;",
        FIRST_OF_DAY,
    ),
    Mutant(
        "a window takes a trailing one that begins before it",
        "functions/window/split_window.sql",
        "ready.first >= v_parts.days1_first\n",
        "ready.first >= v_parts.days1_first - 1\n",
        TILES,
    ),
    Mutant(
        "a window takes a trailing one that ends after it",
        "functions/window/split_window.sql",
        "ready.last <= v_last\n",
        "ready.last <= v_last + 1\n",
        TILES,
    ),
    Mutant(
        "the day after a trailing window is not read",
        "functions/window/split_window.sql",
        "v_parts.days3_first := v_ready_to + 1;",
        "v_parts.days3_first := v_ready_to + 2;",
        TILES,
    ),
    Mutant(
        "the days after a trailing window are not read",
        "functions/window/in_window.sql",
        "AND p_bucket >= (p_window).days3_first",
        "AND p_bucket > (p_window).days3_first",
        KEPT,
    ),
    Mutant(
        "a trailing window is not read",
        "functions/window/in_window.sql",
        "p_grain = 't' AND",
        "false AND",
        KEPT,
    ),
    Mutant(
        "a trailing window counts as one day of logins",
        "functions/engagement/get_user_logins.sql",
        "SELECT busiest.user_id, rollup.days\n",
        "SELECT busiest.user_id, 1\n",
        KEPT,
    ),
    Mutant(
        "the active days of a trailing window are lost",
        "functions/engagement/get_user_engagement_metrics.sql",
        "WHERE rollup.grain = 't' AND rollup.bucket = v_days.trailing_from",
        "WHERE false AND rollup.bucket = v_days.trailing_from",
        KEPT,
    ),
    Mutant(
        "a series by month takes a trailing window",
        "functions/window/split_series.sql",
        "WHEN 'month' THEN 'month'",
        "WHEN 'month' THEN 'trailing'",
        ("tests/sql/get_activity_timeseries/test_contract.py",),
    ),
    Mutant(
        "no check of trailing windows",
        "functions/rollup/check_rollups.sql",
        "PERFORM activity_sql.make_trailing(v_mark.trailing_from, v_mark.trailing_to);",
        "NULL;",
        (f"{HEALING}::test_check_finds_what_was_planted_and_changes_nothing",),
    ),
    Mutant(
        "a day counts rows for accounts",
        "functions/rollup/fold_days.sql",
        "SELECT count(DISTINCT rollup.account)",
        "SELECT count(rollup.account)",
        MACHINE,
    ),
    Mutant(
        "days that are gone stay counted",
        "functions/rollup/refold_month.sql",
        "    DELETE FROM activity_sql.day_total AS total\n    WHERE date_trunc",
        "    DELETE FROM activity_sql.day_total AS total\n    WHERE false AND date_trunc",
        (f"{HEALING}::test_a_day_whose_rows_are_gone_takes_its_windows_out_of_use",),
    ),
    Mutant(
        "a day in the tail is as it was counted",
        "functions/stats/get_activity_timeseries.sql",
        "AND NOT EXISTS (SELECT FROM moments WHERE moments.bucket = part.bucket) AS counted",
        "AS counted",
        ("tests/sql/get_activity_timeseries/test_contract.py",),
    ),
]
