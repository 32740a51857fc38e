"""A run of the bench as lines, JSON, Markdown and one HTML page that needs no network."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.resources import files
from math import log10
from pathlib import Path
from typing import Any

import jinja2

from activity_sql.bench import scorer
from activity_sql.bench.advice import time_line
from activity_sql.bench.fold import Fold
from activity_sql.bench.growth import GATES, Growth
from activity_sql.bench.judge import compare
from activity_sql.bench.measure import Measurement
from activity_sql.bench.peers import Comparison
from activity_sql.bench.plans import PlanSummary, to_text
from activity_sql.errors import UsageError

# The ratios' gates and aims are for so many rows; the lag behind plain SQL, in ms, is for any.
GATED_ROWS = 10_000_000
LAG = (5, 1)
PEERS = ("ours", "plain SQL", "DuckDB", "ClickHouse")


@dataclass(frozen=True)
class Run:
    """Everything of one run. `rows` is the size that queries and peers were measured at.

    `scored` are points a second of activity_sql.score_series, by the kind of series.
    """

    command: str
    commit: str
    measured_at: str
    machine: Mapping[str, str]
    settings: Mapping[str, str]
    rows: int
    fold: Fold
    measurements: Sequence[Measurement]
    comparisons: Sequence[Comparison]
    growth: Sequence[Growth]
    scored: Mapping[str, float]

    @property
    def breaches(self) -> int:
        return sum(len(one.breaches) for one in self.measurements)


def to_json(run: Run) -> str:
    """The run as JSON; `measurements` is what `--baseline` reads back."""
    ratios = [
        asdict(one) | {"ratios": one.ratios, "verdicts": verdicts(one)} for one in run.comparisons
    ]
    return json.dumps(asdict(run) | {"comparisons": ratios}, indent=2, default=dict)


def against(run: Run, baseline: str) -> Run:
    """The run with a breach for everything that got worse since `baseline`, a run as JSON.

    Raises:
        UsageError: `baseline` is no such JSON.
    """
    try:
        before = {one["query"]: one for one in json.loads(baseline)["measurements"]}
        found = [
            replace(
                one,
                breaches=one.breaches
                + tuple(
                    compare(
                        one.summary,
                        one.time_ratio,
                        PlanSummary(**before[one.query]["summary"]),
                        before[one.query]["time_ratio"],
                    )
                ),
            )
            if one.query in before
            else one
            for one in run.measurements
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"The baseline is no saved run: {error!r}.", mend="Make one with `bench --save FILE`."
        ) from error
    return replace(run, measurements=found)


def to_markdown(run: Run) -> str:
    """The figures for docs/performance.md."""
    return _render("report.md.j2", run)


def to_html(run: Run) -> str:
    """One self-contained page: ratios and growth as charts, every plan readable."""
    return _render("report.html.j2", run)


def write(run: Run, folder: Path) -> list[Path]:
    """bench.json, bench.md and bench.html in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"bench.json": to_json(run), "bench.md": to_markdown(run), "bench.html": to_html(run)}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def to_lines(run: Run) -> list[str]:
    """What a terminal shows: ratios first, then growth, then the queries and what they broke."""
    lines = [f"{', '.join(run.machine.values())}; {run.rows:,} rows; medians in ms"]
    lines.append(
        f"  folded at {run.fold.rows_per_second:,.0f} rows a second; rollups "
        f"{run.fold.rollup_bytes / 1e6:,.0f} MB, {run.fold.share:.1%} of the table"
    )
    lines.append(f"  {score_line(run)}")
    lines += [_ratio_line(comparison) for comparison in run.comparisons]
    lines += [_growth_line(growth) for growth in run.growth]
    for measured in run.measurements:
        lines.append(
            f"  {measured.query}: {measured.milliseconds:,.1f} ms, "
            f"{measured.time_ratio:.2f} units, {measured.summary.shared_buffers:,} buffers"
            + ("" if measured.plans.sees_inside else " (functions not seen into)")
        )
        lines += [
            f"    BROKEN {breach.limit}: {breach.seen}, allowed {breach.allowed}: {breach.why}"
            for breach in measured.breaches
        ]
    return [*lines, f"{len(run.measurements)} queries, {run.breaches} budgets broken"]


def score_line(run: Run) -> str:
    """The scorer's speed beside its aim."""
    speeds = [f"{speed:,.0f} points a second of {kind}" for kind, speed in run.scored.items()]
    verdict = "holds" if min(run.scored.values()) >= scorer.AIM else "MISSED"
    return f"score_series: {', '.join(speeds)}; {scorer.AIM:,} {verdict}"


def _ratio_line(one: Comparison) -> str:
    times = [f"{name} {cell(one, name)}" for name in one.milliseconds]
    about = f"  {one.question}, {one.days} days, {one.rows:,} rows"
    return "; ".join([about, *times, *verdicts(one)])


def _growth_line(growth: Growth) -> str:
    sizes = ", ".join(f"{rows:,}: {taken:,.1f}" for rows, taken in growth.milliseconds.items())
    about = f"  growth of {growth.question}, {growth.days} days: exponent {growth.exponent:.2f}"
    return f"{about}{growth_verdict(growth)} ({sizes})"


def cell(one: Comparison, name: str) -> str:
    """What a contestant took, and how many times ours; empty for one that was not asked."""
    if name not in one.milliseconds:
        return ""
    times = f" = {one.ratios[name]:.1f} x" if name in one.ratios else ""
    return f"{one.milliseconds[name]:,.1f}{times}"


def verdicts(one: Comparison) -> list[str]:
    """How a comparison stands to its gates and aims."""
    gates = one.gates if one.rows >= GATED_ROWS else {}
    said = [
        f"{name} {gate} x {_word(one.ratios[name] >= gate)}, {aim} {_word(one.ratios[name] >= aim)}"
        for name, (gate, aim) in gates.items()
    ]
    lag = one.milliseconds["ours"] - one.milliseconds["plain SQL"]
    gate, aim = LAG
    return [*said, f"{gate} ms {_word(lag <= gate)}, {aim} {_word(lag <= aim)}"]


def growth_verdict(growth: Growth) -> str:
    """How an exponent stands to its gate and aim."""
    words = ("gate", "aim")
    return "".join(
        f", {word} {limit} {_word(growth.exponent <= limit)}"
        for word, limit in zip(words, GATES.get(growth.days, ()), strict=False)
    )


def _word(holds: bool) -> str:
    return "holds" if holds else "MISSED"


def _render(name: str, run: Run) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(str(files("activity_sql") / "bench" / "templates")),
        autoescape=jinja2.select_autoescape(["html", "html.j2"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name).render(
        run=run,
        cell=cell,
        verdicts=verdicts,
        growth_verdict=growth_verdict,
        score_line=score_line,
        plan_text=to_text,
        time_line=time_line,
        chart=growth_chart(run.growth),
        peers=PEERS,
    )


def growth_chart(growth: Sequence[Growth]) -> dict[str, Any]:
    """Points of a log-log chart, in a box of 600 by 300, an axis a decade.

    Of the questions that are asked over several windows: more lines could not be told apart.
    """
    asked = Counter(one.question for one in growth)
    growth = [one for one in growth if asked[one.question] > 1]
    rows = [size for one in growth for size in one.milliseconds]
    times = [taken for one in growth for taken in one.milliseconds.values()]
    if len(set(rows)) < 2:
        return {"lines": [], "x": [], "y": []}
    left, right = log10(min(rows)), log10(max(rows))
    bottom, top = int(log10(min(times)) // 1), int(log10(max(times)) // 1) + 1

    def x(size: float) -> float:
        return 600 * (log10(size) - left) / (right - left)

    def y(taken: float) -> float:
        return 300 - 300 * (log10(taken) - bottom) / (top - bottom)

    return {
        "lines": [
            {
                "label": f"{one.question}, {one.days} days",
                "points": " ".join(
                    f"{x(size):.1f},{y(taken):.1f}" for size, taken in one.milliseconds.items()
                ),
                "end": y(one.milliseconds[max(one.milliseconds)]),
            }
            for one in growth
        ],
        "x": [(f"{size:,}", x(size)) for size in sorted(set(rows))],
        "y": [(f"{10**power:g} ms", y(10**power)) for power in range(bottom, top + 1)],
    }
