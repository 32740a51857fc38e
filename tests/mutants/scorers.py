"""Faults in the scorers, each found by their contracts, properties, or the gate of recall."""

from mutant import Mutant

SERIES = "functions/detection/score_series.sql"
COUNT = "functions/detection/count_deviation.sql"
BUCKET = "functions/detection/leaky_bucket.sql"
OF_SERIES = (
    "tests/sql/score_series",
    "tests/detection/test_properties.py",
    "tests/detection/test_gate.py",
)
OF_COUNT = ("tests/detection/test_count_deviation.py",)
OF_BUCKET = ("tests/sql/leaky_bucket", "tests/detection/test_leaky_bucket.py")

SCORERS = [
    Mutant(
        "score_series: it begins at the level on which it ends",
        SERIES,
        "            v_level := v_x;\n            v_last_x := v_x;",
        "            v_level := p_values[cardinality(p_values)];\n            v_last_x := v_x;",
        OF_SERIES,
    ),
    Mutant(
        "score_series: an incident alarms at each point",
        SERIES,
        "score >= p_threshold AND (v_quiet > c_recent OR score >= 2 * v_peak)",
        "score >= p_threshold",
        OF_SERIES,
    ),
    Mutant(
        "score_series: nothing is worse than the first alarm",
        SERIES,
        "(v_quiet > c_recent OR score >= 2 * v_peak)",
        "v_quiet > c_recent",
        OF_SERIES,
    ),
    Mutant(
        "score_series: scores have no end",
        SERIES,
        "            score := least(score, 100);\n",
        "            score := score;\n",
        OF_SERIES,
    ),
    Mutant(
        "score_series: the first twelve points are scored",
        SERIES,
        "            score := least(score, 100);\n        ELSE\n            score := 0;",
        "            score := least(score, 100);\n        ELSE\n            score := score;",
        OF_SERIES,
    ),
    Mutant(
        "score_series: a wild one alarms as a tame one",
        SERIES,
        "2 + (v_one - 2) / greatest(v_tail / v_tail_points / c_excess, 1)",
        "v_one",
        OF_SERIES,
    ),
    Mutant(
        "score_series: a new level is learnt at the pace of a drift",
        SERIES,
        "            IF abs(v_run) >= c_recent THEN",
        "            IF abs(v_run) >= c_tail_memory THEN",
        OF_SERIES,
    ),
    Mutant(
        "score_series: a line gone flat is noise",
        SERIES,
        "v_now[3] := ln(least(abs(v_x - v_last_x) / v_sigma, 50) + 0.1);",
        "v_now[3] := 0;",
        OF_SERIES,
    ),
    Mutant(
        "score_series: no day is like another",
        SERIES,
        "            WHEN v_day_helps THEN 1\n",
        "            WHEN v_day_helps THEN 0\n",
        OF_SERIES,
    ),
    Mutant(
        "score_series: days are those of the session",
        SERIES,
        "v_seconds := date_part('epoch', observed_at);",
        "v_seconds := date_part('epoch', observed_at AT TIME ZONE current_setting('TimeZone'));",
        OF_SERIES,
    ),
    Mutant(
        "score_series: a rate can be nothing",
        SERIES,
        "v_rarity := greatest(expected, 0.02);",
        "v_rarity := greatest(expected, 1e-9);",
        OF_SERIES,
    ),
    Mutant(
        "count_deviation: at least so many are more than so many",
        COUNT,
        "THEN p_count - 1 ELSE p_count END",
        "THEN p_count ELSE p_count END",
        OF_COUNT,
    ),
    Mutant(
        "count_deviation: clumped ones are Poisson",
        COUNT,
        "p_variance <= p_expected * 1.0001",
        "p_variance <= p_expected * 1000000",
        OF_COUNT,
    ),
    Mutant(
        "count_deviation: without Peizer's correction",
        COUNT,
        "v_ahead := v_most + 2.0 / 3 - p_expected + 0.02 / (v_most + 1);",
        "v_ahead := v_most + 0.5 - p_expected;",
        OF_COUNT,
    ),
    Mutant(
        "count_deviation: the shape is one off",
        COUNT,
        "v_trials := v_shape + v_most;",
        "v_trials := v_shape + v_most + 1;",
        OF_COUNT,
    ),
    Mutant(
        "count_deviation: few are as many",
        COUNT,
        "ELSE least(v_result, 0)",
        "ELSE greatest(-v_result, 0)",
        OF_COUNT,
    ),
    Mutant(
        "leaky_bucket: a full one overflows",
        BUCKET,
        "levels.filled > p_capacity * v_leak",
        "levels.filled >= p_capacity * v_leak",
        OF_BUCKET,
    ),
    Mutant(
        "leaky_bucket: it forgets when it was last empty",
        BUCKET,
        "ROWS UNBOUNDED PRECEDING",
        "ROWS 2 PRECEDING",
        OF_BUCKET,
    ),
    Mutant(
        "leaky_bucket: an event does not count itself",
        BUCKET,
        "OVER so_far + v_leak AS filled",
        "OVER so_far AS filled",
        OF_BUCKET,
    ),
    Mutant(
        "leaky_bucket: two events at once are refused",
        BUCKET,
        "OR point.moment < point.before",
        "OR point.moment <= point.before",
        OF_BUCKET,
    ),
    Mutant(
        "leaky_bucket: what leaks is a whole unit",
        BUCKET,
        "(levels.filled / v_leak)::double precision",
        "ceil(levels.filled / v_leak)::double precision",
        OF_BUCKET,
    ),
]
