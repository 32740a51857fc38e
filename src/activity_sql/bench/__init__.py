"""Measured queries: their plans, their budgets, their peers, their growth."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from activity_sql import cluster as clusters
from activity_sql.bench import growth
from activity_sql.bench.measure import REPEATS, measure_all, milliseconds
from activity_sql.bench.peers import compare_peers
from activity_sql.bench.queries import read_queries
from activity_sql.bench.report import Run
from activity_sql.bench.stage import AS_OF, SETTINGS, Stage, machine, open_stage
from activity_sql.db import Connection, execute
from activity_sql.errors import UsageError
from activity_sql.generate import PROFILES
from activity_sql.sources import source_root

WINDOWS = (1, 7, 30, 90, 365)
GROWTH_SIZES = (10_000, 100_000, 1_000_000, 10_000_000)


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
        comparisons = []
        if scope.peers:
            say("peers")
            with tempfile.TemporaryDirectory() as folder:
                windows = [window for window in WINDOWS if window <= days]
                comparisons = compare_peers(connection, settings, AS_OF, windows, Path(folder))
        facts = machine(connection)
    return Run(
        command=" ".join(["activity-sql", *sys.argv[1:]]),
        commit=_commit(),
        measured_at=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        machine=facts,
        settings=SETTINGS,
        rows=rows,
        fold=fold,
        measurements=measurements,
        comparisons=comparisons,
        growth=_grow(stage, scope.sizes, say),
    )


def _grow(stage: Stage, sizes: Iterable[int], say: Callable[[str], None]) -> list[growth.Growth]:
    times: dict[int, dict[int, float]] = {days: {} for days in WINDOWS}
    for rows in sizes:
        say(f"growth: {rows:,} rows over a year")
        with stage.database(rows, 365) as (connection, _, _):
            for days in WINDOWS:
                times[days][rows] = _ask(connection, days)
    return [growth.fit(days, taken) for days, taken in times.items() if taken]


def _ask(connection: Connection, days: int) -> float:
    sql = f"SELECT * FROM get_ip_activity_stats({days}, 10, 50, '{AS_OF.isoformat()}')"  # noqa: S608
    with connection.transaction():
        execute(connection, "bench_session")
        milliseconds(connection, sql)
        return median(milliseconds(connection, sql)[0] for _ in range(REPEATS))


def _commit() -> str:
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607 - the reader's own git
        cwd=source_root(),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "no commit"
