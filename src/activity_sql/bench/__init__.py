"""Measured queries: their plans, their budgets, their peers, their growth."""

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from activity_sql import cluster as clusters
from activity_sql.bench import growth
from activity_sql.bench.measure import measure_all
from activity_sql.bench.peers import Comparison, compare_all
from activity_sql.bench.queries import read_queries
from activity_sql.bench.report import Run
from activity_sql.bench.scorer import points_per_second
from activity_sql.bench.stage import AS_OF, SETTINGS, Stage, machine, open_stage
from activity_sql.errors import UsageError
from activity_sql.generate import PROFILES
from activity_sql.sources import source_root

GROWTH_SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
DAYS = 365


@dataclass(frozen=True)
class Scope:
    """What a run measures: a profile, with or without peers, and the growth up to so many rows."""

    profile: str = "medium"
    peers: bool = False
    growth_to: int | None = None

    @property
    def sizes(self) -> list[int]:
        return [size for size in GROWTH_SIZES if size <= (self.growth_to or 0)]


def run_bench(
    directory: Path,
    scope: Scope,
    say: Callable[[str], None],
    installation: clusters.Installation | None = None,
) -> Run:
    """Measure on a private server kept in `directory`; `say` gets a line at every step.

    Raises:
        UsageError: the profile is unknown, or a peer is not installed.
    """
    if scope.profile not in PROFILES:
        raise UsageError(
            f"There is no profile {scope.profile!r}.", mend=f"Take one of {', '.join(PROFILES)}."
        )
    installation = installation or clusters.find_installations()[0]
    with open_stage(directory, installation) as stage:
        return _run(stage, scope, say)


def _run(stage: Stage, scope: Scope, say: Callable[[str], None]) -> Run:
    rows, days = PROFILES[scope.profile]
    say(f"{rows:,} rows over {days} days")
    with stage.database(rows, days) as (connection, settings, fold):
        say("queries")
        queries = read_queries(source_root())
        measurements = measure_all(connection, queries, settings, scope.profile, AS_OF.isoformat())
        scored = points_per_second(connection)
        compared = []
        if scope.peers:
            say("peers")
            compared = compare_all(connection, settings, AS_OF, rows, peers=True)
        facts = machine(connection)
    # Where the peers were asked over a year, that size is known.
    known = {rows} if compared and days == DAYS else set()
    grown = list(_grow(stage, [size for size in scope.sizes if size not in known], say))
    return Run(
        command=" ".join(["activity-sql", *sys.argv[1:]]),
        commit=_commit(),
        measured_at=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        machine=facts,
        settings=SETTINGS,
        rows=rows,
        fold=fold,
        measurements=measurements,
        comparisons=[*compared, *grown],
        growth=growth.fit_all([*grown, *(compared if known else ())]),
        scored=scored,
    )


def _grow(stage: Stage, sizes: Iterable[int], say: Callable[[str], None]) -> Iterator[Comparison]:
    for rows in sizes:
        say(f"growth: {rows:,} rows over a year")
        with stage.database(rows, DAYS) as (connection, settings, _):
            yield from compare_all(connection, settings, AS_OF, rows, peers=False)


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607 - the reader's own git
        cwd=source_root(),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "no commit"
