"""A plan explained to a person: what it read, how, and whether that is right. Pure."""

from collections.abc import Mapping
from typing import Any

from activity_sql.bench.measure import Plans
from activity_sql.bench.plans import own_times, summarize, to_text, walk

_BLOCK_KB = 8
# Above this share of a table, reading all of it in order is cheaper than its index.
_MUCH = 0.1
_WRONG_ESTIMATE = 10.0
_NAMED_STEPS = 4


def explain_lines(plans: Plans) -> list[str]:
    """The plans as text, each statement inside a function too, and what to make of them."""
    lines = [to_text(plans.outer)]
    # Checks of arguments and the like read nothing.
    for plan in (plan for plan in plans.inside if plan["Node Type"] != "Result"):
        lines += ["", "inside the function:", to_text(plan)]
    # A table read in several statements is one remark.
    return [*lines, "", *dict.fromkeys(_remarks(plans))]


def time_line(plans: Plans) -> str:
    """Which CTEs, and nodes outside of them, the longest statement inside spent its time on."""
    plan = max(plans.inside or (plans.outer,), key=_milliseconds)
    named = [f"{name} {taken:.1f}" for name, taken in own_times(plan)[:_NAMED_STEPS]]
    return f"Of {_milliseconds(plan):.1f} ms: {', '.join(named)}."


def _milliseconds(plan: Mapping[str, Any]) -> float:
    return float(plan.get("Actual Total Time", 0.0))


def _remarks(plans: Plans) -> list[str]:
    summary = summarize(plans.outer, plans.inside)
    through = f"through {', '.join(summary.indexes)}" if summary.indexes else "without an index"
    megabytes = summary.shared_buffers * _BLOCK_KB / 1024
    remarks = [f"Read {summary.shared_buffers:,} blocks, {megabytes:,.0f} MB, {through}."]
    for plan in (plans.outer, *plans.inside):
        remarks += [_seq_scan(node) for node in walk(plan) if node["Node Type"] == "Seq Scan"]
    if summary.temp_blocks:
        remarks.append(
            f"Spilled {summary.temp_blocks * _BLOCK_KB / 1024:,.0f} MB to disk: a larger work_mem "
            "for this session keeps it in memory."
        )
    if summary.estimate_error > _WRONG_ESTIMATE:
        remarks.append(
            f"The planner was wrong by a factor of {summary.estimate_error:,.0f} somewhere: "
            "ANALYZE directus_activity may mend it."
        )
    if plans.sees_inside:
        remarks.append(time_line(plans))
    else:
        remarks.append(
            "Plans inside functions need a superuser, or SET granted on auto_explain's parameters."
        )
    return remarks


def _seq_scan(node: Mapping[str, Any]) -> str:
    kept = node.get("Actual Rows", 0)
    everything = kept + node.get("Rows Removed by Filter", 0)
    share = kept / everything if everything else 0.0
    table = node["Relation Name"]
    if share >= _MUCH:
        return (
            f"Seq Scan on {table} is right here: {share:.0%} of its {everything:,.0f} rows are "
            "wanted, and reading all in order costs less than an index."
        )
    return (
        f"Seq Scan on {table} reads {everything:,.0f} rows for {kept:,.0f}: an index would do, if "
        'there is one on "timestamp" and the statistics are fresh (ANALYZE).'
    )
