"""A measurement against its budget, and against an earlier one. Pure."""

from dataclasses import dataclass

from activity_sql.bench.plans import PlanSummary
from activity_sql.bench.queries import Budget

BUFFER_TOLERANCE = 1.1
# Against a baseline: machines differ less in buffers than in time.
SLOWER = 1.5


@dataclass(frozen=True)
class Breach:
    """One limit that does not hold: which, what was seen, what was allowed, and what it means."""

    limit: str
    seen: str
    allowed: str
    why: str


def judge(plan: PlanSummary, time_ratio: float, budget: Budget) -> list[Breach]:
    """Every limit of `budget` that the measurement breaks."""
    breaches = [
        Breach("no_seq_scan_on", f"Seq Scan on {table}", "none", "the window is read row by row")
        for table in plan.seq_scans
        if table in budget.no_seq_scan_on
    ]
    breaches += [
        Breach("indexes", ", ".join(plan.indexes) or "none", index, "the index is not used")
        for index in budget.indexes
        if index not in plan.indexes
    ]
    breaches += [
        Breach("partitions", partition, ", ".join(budget.partitions), "months are not pruned")
        for partition in plan.partitions
        if budget.partitions is not None and partition not in budget.partitions
    ]
    limits = [
        ("shared_buffers", plan.shared_buffers, _tolerant(budget.shared_buffers), "reads more"),
        ("temp_blocks", plan.temp_blocks, budget.temp_blocks, "spills to disk: see work_mem"),
        ("rows_removed", plan.rows_removed, budget.rows_removed, "reads rows to throw them away"),
        ("estimate_error", plan.estimate_error, budget.estimate_error, "the planner guesses wrong"),
        ("time_ratio", time_ratio, budget.time_ratio, "slower than calibration allows"),
    ]
    return breaches + [
        Breach(name, f"{seen:,.6g}", f"{allowed:,.6g}", why)
        for name, seen, allowed, why in limits
        if allowed is not None and seen > allowed
    ]


def compare(
    plan: PlanSummary, time_ratio: float, before: PlanSummary, time_ratio_before: float
) -> list[Breach]:
    """What got worse: buffers by over a tenth, time by over half, spills, new Seq Scans."""
    found = judge(
        plan,
        time_ratio,
        Budget(
            shared_buffers=before.shared_buffers,
            temp_blocks=before.temp_blocks,
            time_ratio=time_ratio_before * SLOWER,
        ),
    )
    new = set(plan.seq_scans) - set(before.seq_scans)
    return found + [
        Breach("no_seq_scan_on", f"Seq Scan on {table}", "none in the baseline", "new Seq Scan")
        for table in sorted(new)
    ]


def _tolerant(blocks: int | None) -> float | None:
    return None if blocks is None else blocks * BUFFER_TOLERANCE
