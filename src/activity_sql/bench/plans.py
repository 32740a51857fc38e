"""EXPLAIN's JSON as a tree that can be counted and read. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

_PARTITION = re.compile(r"^\w+_\d{4}_\d\d$")
# Below so many rows a wrong estimate changes no plan worth mentioning.
_FEW_ROWS = 100


@dataclass(frozen=True)
class PlanSummary:
    """What a budget looks at, over a statement and the statements inside its functions.

    Buffers and temporary blocks are of the whole statement, in blocks of 8 kB. `partitions` by
    month are those that were looked into.
    """

    seq_scans: tuple[str, ...]
    indexes: tuple[str, ...]
    shared_buffers: int
    temp_blocks: int
    rows_removed: int
    estimate_error: float
    partitions: tuple[str, ...] = ()


def summarize(outer: Mapping[str, Any], nested: Sequence[Mapping[str, Any]]) -> PlanSummary:
    """`outer` and `nested` are plan nodes: EXPLAIN's "Plan", and auto_explain's of the bodies."""
    nodes = [node for plan in (outer, *nested) for node in walk(plan)]
    return PlanSummary(
        seq_scans=_names(nodes, "Seq Scan", "Relation Name"),
        indexes=tuple(sorted({node["Index Name"] for node in nodes if "Index Name" in node})),
        shared_buffers=outer.get("Shared Hit Blocks", 0) + outer.get("Shared Read Blocks", 0),
        temp_blocks=outer.get("Temp Read Blocks", 0) + outer.get("Temp Written Blocks", 0),
        rows_removed=round(
            sum(node.get("Rows Removed by Filter", 0) * node["Actual Loops"] for node in nodes)
        ),
        estimate_error=max((_estimate_error(node) for node in nodes), default=1.0),
        partitions=tuple(sorted({node["Relation Name"] for node in nodes if _is_month(node)})),
    )


def walk(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The node and everything below it."""
    yield node
    for child in node.get("Plans", ()):
        yield from walk(child)


def own_times(plan: Mapping[str, Any]) -> list[tuple[str, float]]:
    """Milliseconds by CTE, and by kind of node outside of them, without what is below; falling.

    Whoever reads a CTE first fills it: that is taken off its slowest reader. They add up to what
    the plan took.
    """
    nodes = sorted(_by_step(plan, ""), key=lambda pair: -_total(pair[1]))
    unread = {node["Subplan Name"]: _total(node) for _, node in nodes if _is_cte(node)}
    own: dict[str, float] = {}
    for step, node in nodes:
        below = sum(_total(child) for child in node.get("Plans", ()) if not _is_cte(child))
        below += unread.pop(f"CTE {node.get('CTE Name')}", 0.0)
        name = step or f"{node['Node Type']}{_of(node)}"
        own[name] = own.get(name, 0.0) + _total(node) - below
    return sorted(own.items(), key=itemgetter(1), reverse=True)


def to_text(node: Mapping[str, Any], depth: int = 0) -> str:
    """A plan as a person reads it: a line a node, its rows, its buffers, its filters."""
    title = node["Node Type"]
    if name := node.get("Index Name"):
        title += f" using {name}"
    title += _of(node)
    seen = node.get("Actual Rows", 0)
    facts = [f"rows {seen:,.0f} (expected {node.get('Plan Rows', 0):,})"]
    if node.get("Actual Loops", 1) != 1:
        facts.append(f"loops {node['Actual Loops']:,}")
    if "Actual Total Time" in node:
        facts.append(f"{node['Actual Total Time']:.1f} ms")
    if buffers := node.get("Shared Hit Blocks", 0) + node.get("Shared Read Blocks", 0):
        facts.append(f"buffers {buffers:,}")
    if temp := node.get("Temp Read Blocks", 0) + node.get("Temp Written Blocks", 0):
        facts.append(f"temporary blocks {temp:,}")
    lines = [f"{'  ' * depth}-> {title}  {', '.join(facts)}"]
    for key in ("Index Cond", "Filter", "Hash Cond", "Group Key", "Sort Key"):
        if value := node.get(key):
            text = ", ".join(value) if isinstance(value, list) else value
            lines.append(f"{'  ' * depth}     {key}: {text}")
    lines += [to_text(child, depth + 1) for child in node.get("Plans", ())]
    return "\n".join(lines)


def _of(node: Mapping[str, Any]) -> str:
    name = node.get("Relation Name") or node.get("Function Name") or node.get("CTE Name")
    return f" on {name}" if name else ""


def _is_cte(node: Mapping[str, Any]) -> bool:
    return str(node.get("Subplan Name", "")).startswith("CTE ")


def _by_step(node: Mapping[str, Any], step: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The node and everything below it, each with the CTE that it is in."""
    if _is_cte(node):
        step = node["Subplan Name"].removeprefix("CTE ")
    yield step, node
    for child in node.get("Plans", ()):
        yield from _by_step(child, step)


def _total(node: Mapping[str, Any]) -> float:
    return float(node.get("Actual Total Time", 0.0) * node.get("Actual Loops", 1))


def _names(nodes: list[Mapping[str, Any]], node_type: str, key: str) -> tuple[str, ...]:
    return tuple(sorted({node[key] for node in nodes if node["Node Type"] == node_type}))


def _is_month(node: Mapping[str, Any]) -> bool:
    name, was_run = node.get("Relation Name", ""), node.get("Actual Loops", 0) > 0
    return was_run and _PARTITION.match(name) is not None


def _estimate_error(node: Mapping[str, Any]) -> float:
    seen, expected = node.get("Actual Rows", 0) or 1, node.get("Plan Rows", 0) or 1
    if node.get("Actual Loops", 0) == 0 or max(seen, expected) < _FEW_ROWS:
        return 1.0
    # A function's rows are a constant of its declaration, nobody's estimate.
    if node["Node Type"] == "Function Scan":
        return 1.0
    return float(max(seen / expected, expected / seen))
