"""The bench's arithmetic: headers, plans, budgets, growth, baselines, pages. No database."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activity_sql.bench.advice import explain_lines
from activity_sql.bench.fold import Fold
from activity_sql.bench.growth import fit, fit_all
from activity_sql.bench.judge import compare, judge
from activity_sql.bench.measure import Measurement, Plans
from activity_sql.bench.peers import Ask, Comparison, Question, fill, read_questions, window
from activity_sql.bench.peers import compare as compare_answers
from activity_sql.bench.plans import PlanSummary, own_times, summarize
from activity_sql.bench.queries import Budget, read_queries
from activity_sql.bench.report import (
    Run,
    against,
    growth_verdict,
    to_html,
    to_json,
    to_lines,
    to_markdown,
    verdicts,
)
from activity_sql.errors import FindingsError, UsageError
from activity_sql.settings import Settings
from activity_sql.sources import source_root

SCAN = {
    "Node Type": "Seq Scan",
    "Relation Name": "directus_activity",
    "Actual Rows": 50,
    "Actual Loops": 2,
    "Plan Rows": 5000,
    "Rows Removed by Filter": 950,
}
MONTHS = [
    {
        **SCAN,
        "Relation Name": f"activity_hour_2025_{month}",
        "Actual Loops": loops,
        "Actual Rows": 0,
        "Plan Rows": 0,
        "Rows Removed by Filter": 0,
        "Node Type": "Bitmap Heap Scan",
    }
    for month, loops in ((11, 0), (12, 3))
]
INDEX = {
    "Node Type": "Index Scan",
    "Relation Name": "directus_activity",
    "Index Name": "an_index",
    "Actual Rows": 10,
    "Actual Loops": 1,
    "Plan Rows": 90,
}
OUTER = {
    "Node Type": "Function Scan",
    "Function Name": "f",
    "Actual Rows": 3,
    "Actual Loops": 1,
    "Plan Rows": 1000,
    "Shared Hit Blocks": 90,
    "Shared Read Blocks": 10,
    "Temp Read Blocks": 4,
    "Temp Written Blocks": 5,
}
PLANS = Plans(OUTER, ({"Node Type": "Sort", **INDEX, "Plans": [SCAN, *MONTHS]},), True, {})
SUMMARY = PlanSummary(
    ("directus_activity",), ("an_index",), 100, 9, 1900, 100.0, ("activity_hour_2025_12",)
)
KEPT = Budget((), ("an_index",), 100, 9, 1900, 100.0, 2.0)


def measured(**changes: object) -> Measurement:
    one = Measurement("q", "Who?", "SELECT 1", 3, 12.5, 1.5, SUMMARY, PLANS, ())
    return replace(one, **changes)


COMPARISON = Comparison(
    "f",
    30,
    10_000_000,
    {"ours": 10.0, "DuckDB": 50.0, "plain SQL": 200.0},
    {"plain SQL": (30, 100), "DuckDB": (4, 10)},
)
RUN = Run(
    command="activity-sql bench",
    commit="abc",
    measured_at="2026-01-01",
    machine={"processor": "a processor", "memory": "24 GiB"},
    settings={"work_mem": "64MB"},
    rows=10_000_000,
    fold=Fold(10_000_000, 80.0, 200_000_000, 2_000_000_000),
    measurements=[measured()],
    comparisons=[COMPARISON],
    growth=[
        fit("f", days, {10_000: 1.0, 1_000_000: 10.0, 10_000_000: 40.0}) for days in (7, 30, 365)
    ],
    scored={"counts": 24_000.0, "other values": 19_000.0},
)


def test_a_plan_is_summed_over_the_statement_and_what_runs_inside_its_functions() -> None:
    assert summarize(OUTER, PLANS.inside) == SUMMARY


def node(kind: str, taken: float, *below: object, loops: int = 1, **more: object) -> dict[str, Any]:
    times = {"Actual Total Time": taken, "Actual Loops": loops}
    return {"Node Type": kind, **times, "Plans": list(below), **more}


def test_a_node_takes_what_those_below_it_do_not_and_a_cte_is_filled_once() -> None:
    # What fills the CTE takes 6 ms; it is read twice, and the slower reader is the one that waits.
    filling = node("Sort", 6.0, node("Seq Scan", 2.0, loops=2), **{"Subplan Name": "CTE rows"})
    late = node("CTE Scan", 0.5, **{"CTE Name": "rows"})
    first = node("CTE Scan", 7.0, **{"CTE Name": "rows"})
    lookups = node("Index Scan", 0.1, loops=10, **{"Relation Name": "account"})
    plan = node("Hash Join", 10.0, filling, late, first, lookups)
    own = own_times(plan)
    assert [(name, round(taken, 1)) for name, taken in own] == [
        ("rows", 6.0),
        ("Hash Join", 1.5),
        ("CTE Scan on rows", 1.5),
        ("Index Scan on account", 1.0),
    ]
    assert sum(taken for _, taken in own) == pytest.approx(10.0)


def test_the_report_says_what_the_longest_statement_inside_spends_its_time_on() -> None:
    short, long = node("Result", 1.0), node("Sort", 9.0, node("Aggregate", 4.0))
    plans = replace(PLANS, inside=(short, long))
    said = "Of 9.0 ms: Sort 5.0, Aggregate 4.0."
    assert said in explain_lines(plans)
    run = replace(RUN, measurements=[measured(plans=plans)])
    assert f"| q | {said} |" in to_markdown(run)
    assert said in to_html(run)


def test_a_budget_that_is_kept() -> None:
    assert judge(SUMMARY, 2.0, KEPT) == []


@pytest.mark.parametrize(
    ("limit", "tighter"),
    [
        ("no_seq_scan_on", {"no_seq_scan_on": ("directus_activity",)}),
        ("indexes", {"indexes": ("another_index",)}),
        ("partitions", {"partitions": ("activity_hour_2025_11",)}),
        ("shared_buffers", {"shared_buffers": 90}),
        ("temp_blocks", {"temp_blocks": 8}),
        ("rows_removed", {"rows_removed": 1899}),
        ("estimate_error", {"estimate_error": 99.0}),
        ("time_ratio", {"time_ratio": 1.9}),
    ],
)
def test_each_limit_breaks_by_itself(limit: str, tighter: dict[str, object]) -> None:
    (breach,) = judge(SUMMARY, 2.0, replace(KEPT, **tighter))
    assert breach.limit == limit
    assert breach.seen
    assert breach.allowed
    assert breach.why


def test_buffers_have_a_tolerance_of_a_tenth() -> None:
    assert not judge(SUMMARY, 1.0, Budget(shared_buffers=91))
    assert judge(SUMMARY, 1.0, Budget(shared_buffers=90))


def test_a_baseline_notices_what_got_worse_and_nothing_else() -> None:
    assert compare(SUMMARY, 1.0, SUMMARY, 1.0) == []
    worse = replace(
        SUMMARY, shared_buffers=111, temp_blocks=10, seq_scans=("a", "directus_activity")
    )
    limits = [breach.limit for breach in compare(worse, 1.6, SUMMARY, 1.0)]
    assert limits == ["shared_buffers", "temp_blocks", "time_ratio", "no_seq_scan_on"]


def test_a_run_against_its_own_json() -> None:
    saved = to_json(RUN)
    assert against(RUN, saved).breaches == 0
    slower = replace(RUN, measurements=[measured(time_ratio=2.3)])
    assert against(slower, saved).breaches == 1
    with pytest.raises(UsageError, match="no saved run"):
        against(RUN, "{}")


def test_peers_take_turns_on_equal_answers_only() -> None:
    question = Question(
        "f",
        {"7": {"DuckDB": (3, 5)}},
        {"ours": "ours <<days>>", "plain": "plain <<days>>", "duckdb": "duckdb <<start_ms>>"},
    )
    markers = window(datetime(1970, 1, 8, tzinfo=UTC), 7)
    turns: list[str] = []

    def ask(*row: object) -> Ask:
        def make_ready(sql: str) -> Callable[[], list[tuple[object, ...]]]:
            turns.append(sql)
            return lambda: [("10.0.0.1", {"update": 3}, *row)]

        return make_ready

    asks = {
        "ours": ask(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), Decimal("0.50")),
        "plain SQL": ask(1000, 0.5),
        "plain SQL, 2 workers": ask(1000, 0.5),
        "DuckDB": ask(1000, 0.5),
        "ClickHouse": ask("is not asked: there is no file for it"),
    }
    compared = compare_answers(question, asks, markers, 100)
    assert set(compared.ratios) == {"plain SQL", "DuckDB"}
    round_of_turns = ["ours 7", "plain 7", "plain 7", "duckdb 0"]
    assert turns == 8 * round_of_turns
    assert compared.gates == {"DuckDB": (3, 5)}

    with pytest.raises(FindingsError, match="DuckDB answers f over 7 days otherwise") as raised:
        compare_answers(question, asks | {"DuckDB": ask(1001, 0.5)}, markers, 100)
    assert "1001" in raised.value.cause


def test_a_document_is_compared_as_rows_and_timed_as_it_is() -> None:
    texts = {"ours": "document", "answer": "rows", "plain": "rows"}
    markers = window(datetime(1970, 1, 8, tzinfo=UTC), 7)
    asked: list[str] = []

    def make_ready(sql: str) -> Callable[[], list[tuple[object, ...]]]:
        asked.append(sql)
        return lambda: [(sql,)]

    compare_answers(
        Question("f", {"7": {}}, texts),
        {"ours": make_ready, "plain SQL": make_ready},
        markers,
        100,
    )
    assert asked == ["rows", "rows", *(7 * ["document", "rows"])]


def test_every_question_has_windows_contestants_and_known_markers() -> None:
    questions = read_questions()
    assert {"ip_activity_stats", "activity_dashboard"} <= {one.name for one in questions}
    markers = window(datetime(2026, 1, 1, tzinfo=UTC), 30) | {
        "schema": "public",
        "user": "u",
        "busy": "100",
    }
    for one in questions:
        gated = {name for gates in one.windows.values() for name in gates}
        assert ("clickhouse" in one.texts) == ("ClickHouse" in gated)
        assert ("DuckDB" in gated) <= ("duckdb" in one.texts)
        assert one.texts.keys() >= {"ours", "plain"}
        for text in one.texts.values():
            assert "<<" not in fill(text, markers)


@given(
    st.floats(0.05, 2.0),
    st.floats(0.001, 10.0),
    st.lists(st.integers(6, 8), min_size=1, max_size=3, unique=True),
)
def test_growth_finds_the_exponent_of_a_power_law(
    exponent: float, factor: float, powers: list[int]
) -> None:
    sizes = {
        10**power: factor * (10**power) ** exponent for power in {*powers, *(p - 1 for p in powers)}
    }
    assert fit("f", 30, sizes).exponent == pytest.approx(exponent)


def test_growth_is_of_ours_where_there_are_several_sizes() -> None:
    asked = [
        replace(COMPARISON, rows=rows, milliseconds={"ours": taken})
        for rows, taken in ((10**7, 40.0), (10**6, 10.0))
    ]
    (found,) = fit_all([*asked, replace(COMPARISON, days=90)])
    assert list(found.milliseconds) == [10**6, 10**7]
    assert found == fit("f", 30, {10**6: 10.0, 10**7: 40.0})


@pytest.mark.parametrize(
    ("days", "taken", "said"),
    [
        (30, 19.0, ", gate 0.5 holds, aim 0.3 holds"),
        (90, 30.0, ", gate 0.5 holds, aim 0.3 MISSED"),
        (30, 32.0, ", gate 0.5 MISSED, aim 0.3 MISSED"),
        (365, 44.0, ", gate 0.65 holds, aim 0.5 MISSED"),
        (7, 100.0, ""),
    ],
)
def test_growth_is_judged(days: int, taken: float, said: str) -> None:
    assert growth_verdict(fit("f", days, {10**6: 10.0, 10**7: taken})) == said


def test_every_query_has_a_question_a_budget_and_renders() -> None:
    queries = read_queries(source_root())
    assert queries
    for query in queries:
        assert query.question
        assert query.budgets
        assert "{{" not in query.sql(Settings(), "2026-01-01")


def test_buffers_may_be_stated_by_major_version() -> None:
    query = replace(
        read_queries(source_root())[0],
        budgets={"small": {"shared_buffers": {"15": 30, "18": 20}, "indexes": ["an_index"]}},
    )
    budgets = {major: query.budget("small", major).shared_buffers for major in (15, 16, 18)}
    assert budgets == {15: 30, 16: 30, 18: 20}
    assert query.budget("small", 15).indexes == ("an_index",)
    assert query.budget("large", 15) == Budget()


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("SELECT 1", "does not begin with a header"),
        ("/*\nquestion = \n*/\nSELECT 1", "no TOML"),
        ("/*\n[budget.small]\nbuffers = 1\n*/\nSELECT 1", "unknown limits buffers"),
    ],
)
def test_a_header_that_cannot_be_right(tmp_path: Path, text: str, cause: str) -> None:
    (tmp_path / "sql/queries").mkdir(parents=True)
    (tmp_path / "sql/queries/q.sql").write_text(text)
    with pytest.raises(UsageError, match=cause):
        read_queries(tmp_path)


def test_the_report_says_ratios_gates_growth_and_breaches() -> None:
    breach = judge(SUMMARY, 2.0, Budget(temp_blocks=0))
    run = replace(RUN, measurements=[measured(breaches=tuple(breach))])
    text = "\n".join(to_lines(run))
    assert "f, 30 days, 10,000,000 rows; ours 10.0; DuckDB 50.0 = 5.0 x; plain SQL 200.0" in text
    assert "plain SQL 30 x MISSED, 100 MISSED; DuckDB 4 x holds, 10 MISSED; 5 ms holds" in text
    assert "growth of f, 30 days: exponent 0.60, gate 0.5 MISSED, aim 0.3 MISSED" in text
    assert "BROKEN temp_blocks: 9, allowed 0" in text
    assert json.loads(to_json(run))["comparisons"][0]["ratios"]["DuckDB"] == 5.0
    row = "| f | 30 | 10,000,000 | 10.0 | 200.0 = 20.0 x | 50.0 = 5.0 x |  | plain SQL 30 x MISSED"
    assert row in to_markdown(run)


def test_ours_may_be_a_little_slower_than_plain_sql_at_any_size() -> None:
    small = replace(COMPARISON, rows=10_000)
    for taken, said in ((11.0, "5 ms holds, 1 holds"), (15.0, "5 ms holds, 1 MISSED")):
        slower = replace(small, milliseconds={"ours": taken, "plain SQL": 10.0})
        assert verdicts(slower) == [said]
    slowest = replace(small, milliseconds={"ours": 15.1, "plain SQL": 10.0})
    assert verdicts(slowest) == ["5 ms MISSED, 1 MISSED"]


def test_the_page_needs_no_network_and_escapes() -> None:
    page = to_html(replace(RUN, measurements=[measured(sql="SELECT '<script>' < 2")]))
    assert "&lt;script&gt;" in page
    for outside in ("http://", "https://", "<script", "<link", "@import", "url("):
        assert outside not in page
    assert "Seq Scan on directus_activity" in page
    assert "<polyline" in page


def test_advice_says_when_a_seq_scan_is_right() -> None:
    few = explain_lines(PLANS)
    assert any("an index would do" in line for line in few)
    many = replace(PLANS, inside=({**SCAN, "Rows Removed by Filter": 50},))
    assert any("is right here: 50%" in line for line in explain_lines(many))
    assert any("Spilled" in line for line in few)
    twice = explain_lines(replace(PLANS, inside=(SCAN, SCAN)))
    assert sum("an index would do" in line for line in twice) == 1
    blind = replace(PLANS, inside=(), sees_inside=False)
    assert any("need a superuser" in line for line in explain_lines(blind))
    assert not any(line.startswith("Of ") for line in explain_lines(blind))


def test_the_scorer_s_speed_stands_beside_its_aim() -> None:
    slow = "24,000 points a second of counts, 19,000 points a second of other values"
    assert f"score_series: {slow}; 20,000 MISSED" in "\n".join(to_lines(RUN))
    fast = replace(RUN, scored={"counts": 24_000.0, "other values": 39_000.0})
    assert "20,000 holds" in to_markdown(fast)
