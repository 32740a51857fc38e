"""Faults to plant in the SQL, one at a time, that some test has to find."""

from dataclasses import dataclass

MACHINE = ("tests/properties/test_rollups.py",)


@dataclass(frozen=True)
class Mutant:
    """`old` occurs once in `file`, under sql/functions; `tests` are pytest's arguments."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...] = MACHINE


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

MUTANTS = [
    # Reading
    Mutant(
        "the tail begins at the watermark",
        "window/window_rows.sql",
        "activity.id > v_settled",
        "activity.id >= v_settled",
    ),
    Mutant(
        "no tail",
        "window/window_rows.sql",
        "v_settled IS NULL OR activity.id > v_settled",
        "v_settled IS NULL",
    ),
    Mutant(
        "the tail counts excluded rows",
        "window/window_rows.sql",
        TAIL + FILTERS,
        TAIL,
    ),
    Mutant(
        "rows of an unknown address are lost",
        "window/window_rows.sql",
        "LEFT JOIN addresses AS",
        "JOIN addresses AS",
    ),
    Mutant(
        "rows of an unknown collection are lost",
        "window/window_rows.sql",
        "LEFT JOIN activity_sql.collection AS",
        "JOIN activity_sql.collection AS",
    ),
    Mutant(
        "the upper edge is in the window",
        "window/window_rows.sql",
        '"timestamp" < p_window.rows2_to',
        '"timestamp" <= p_window.rows2_to',
    ),
    Mutant(
        "the archive's upper edge is in the window",
        "window/window_rows.sql",
        '"timestamp" < p_window.archived2_to',
        '"timestamp" <= p_window.archived2_to',
    ),
    Mutant(
        "an hour has two",
        "window/find_edge.sql",
        "v_edge.bucket_from + interval '1 hour'",
        "v_edge.bucket_from + interval '2 hours'",
    ),
    Mutant(
        "edges are read from rows that are gone",
        "window/readable_source.sql",
        "    RETURN NULL;\n",
        "    RETURN 'rows';\n",
    ),
    Mutant(
        "edges are read from an archive that is not whole",
        "window/readable_source.sql",
        "    RETURN NULL;\n",
        "    RETURN 'archive';\n",
    ),
    Mutant(
        "edges are rounded down",
        "window/find_edge.sql",
        "        v_edge.moment := v_edge.bucket_to;\n"
        "        v_edge.bucket_from := v_edge.bucket_to;\n",
        "        v_edge.moment := v_edge.bucket_from;\n"
        "        v_edge.bucket_to := v_edge.bucket_from;\n",
    ),
    Mutant(
        "hours are looked for where they were dropped",
        "window/find_edge.sql",
        "IF p_moment >= v_since THEN",
        "IF true THEN",
    ),
    Mutant(
        "the day before the whole months counts twice",
        "window/split_window.sql",
        "v_parts.days1_last := v_parts.month_first - 1;",
        "v_parts.days1_last := v_parts.month_first;",
    ),
    Mutant(
        "the days after the whole months begin too late",
        "window/split_window.sql",
        "(v_parts.month_last + interval '1 month')::date;",
        "(v_parts.month_last + interval '1 month')::date + 1;",
    ),
    Mutant(
        "hours at the end are lost",
        "window/split_window.sql",
        "v_parts.hours2_to := v_to.bucket_from;",
        "v_parts.hours2_to := v_day_to;",
    ),
    Mutant(
        "of two midnights the later",
        "rollup/day_start.sql",
        "WHILE isfinite(v_start)",
        "WHILE false AND isfinite(v_start)",
    ),
    # Folding
    Mutant(
        "writers are not waited for",
        "rollup/settle.sql",
        "IF v_writers = '{}' THEN",
        "IF true THEN",
    ),
    Mutant(
        "the candidate's writers are not waited for",
        "rollup/settle.sql",
        "IF v_mark.candidate_holders && v_writers AND NOT v_renamed THEN",
        "IF false THEN",
    ),
    Mutant(
        "prepared transactions are overlooked",
        "rollup/open_writers.sql",
        "held.pid IS DISTINCT FROM pg_backend_pid()",
        "held.pid <> pg_backend_pid()",
        ("tests/integration/test_watermark.py", "-k", "prepared"),
    ),
    Mutant(
        "a chunk is a row too long",
        "rollup/refresh_activity_rollups.sql",
        "OFFSET p_max_rows - 1",
        "OFFSET p_max_rows",
    ),
    Mutant(
        "a union is the first of two sets",
        "rollup/union_of.sql",
        "WHEN p_second <@ p_first THEN p_first",
        "WHEN true THEN p_first",
    ),
    Mutant(
        "bits repeat after 32 collections",
        "rollup/fold_days.sql",
        "batch.collection & 63",
        "batch.collection & 31",
    ),
    Mutant(
        "all collections are in the first word",
        "stats/get_ip_activity_stats.sql",
        "edge.collection >> 6",
        "0",
    ),
    Mutant(
        "an hour forgets when it was last seen",
        "rollup/fold_hours.sql",
        "max(cell.last_seen) AS last_seen",
        "min(cell.last_seen) AS last_seen",
    ),
    Mutant(
        "a second fold replaces the hour's fingerprint",
        "rollup/fold_hours.sql",
        "fingerprint = hourly.fingerprint # EXCLUDED.fingerprint,",
        "fingerprint = EXCLUDED.fingerprint,",
    ),
    # Healing
    Mutant(
        "reconcile compares counts only",
        "rollup/compare_rollups.sql",
        FINGERPRINTS,
        "        AND base.row_count IS DISTINCT FROM folded.row_count\n",
    ),
    Mutant(
        "the other part of an hour is lost when one is folded again",
        "rollup/refold_hour.sql",
        "WHERE (cell.action IS NOT DISTINCT FROM v_run) <> p_is_run;",
        "WHERE false;",
    ),
    Mutant(
        "reconcile lowers counts under keep",
        "rollup/reconcile_rollups.sql",
        "CASE WHEN v_keep AND difference.verdict = 'pruned' THEN",
        "CASE WHEN false THEN",
    ),
    Mutant(
        "reconcile leaves days and months",
        "rollup/reconcile_rollups.sql",
        "PERFORM activity_sql.refold_month(v_month);",
        "NULL;",
    ),
    Mutant(
        "a rebuild forgets what only the archive has",
        "rollup/rebuild_month.sql",
        "CASE WHEN v_archive THEN 'both' ELSE 'rows' END",
        "'rows'",
    ),
    Mutant(
        "ids that begin again are those of the archive",
        "rollup/forget_ids.sql",
        "SET id = id - 8589934592",
        "SET id = id",
    ),
    Mutant(
        "hours are dropped in the middle of a month",
        "rollup/drop_old_hours.sql",
        "            'month',\n",
        "            'day',\n",
    ),
]
