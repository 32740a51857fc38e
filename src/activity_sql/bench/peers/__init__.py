"""Other ways to the same answer, asked in the same run: plain SQL, DuckDB, ClickHouse.

DuckDB and ClickHouse run in this process with two threads, on tables sorted by time, loaded
before anything is timed; plain SQL has the published indexes, and of serial and two workers the
better one counts. Answers are compared before the first is timed, and contestants take turns.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from statistics import median
from typing import Any

from activity_sql.bench.measure import REPEATS
from activity_sql.db import Connection, copy_to_file, execute, execute_sql, statement
from activity_sql.errors import FindingsError, UsageError
from activity_sql.render import quote_identifier, render_text
from activity_sql.settings import Settings

# A row of an answer: address, actions, collections, breakdown, first and last in ms since 1970.
Answer = list[tuple[str, int, int, dict[str, int], int, int]]
Ask = Callable[[datetime, datetime], Answer]


@dataclass(frozen=True)
class Comparison:
    """One question over one window: medians in ms, and how many times ours each took."""

    question: str
    days: int
    milliseconds: Mapping[str, float]

    @property
    def ratios(self) -> dict[str, float]:
        ours = self.milliseconds["ours"]
        return {name: taken / ours for name, taken in self.milliseconds.items() if name != "ours"}


def compare_peers(
    connection: Connection,
    settings: Settings,
    as_of: datetime,
    windows: Sequence[int],
    folder: Path,
) -> list[Comparison]:
    """`get_ip_activity_stats` and its peers over each window of days. `folder` takes their files.

    Raises:
        UsageError: duckdb or chdb is not installed.
        FindingsError: two answers differ.
    """
    export = folder / "activity.csv"
    table = f"{quote_identifier(settings.directus_schema)}.directus_activity"
    copy_to_file(connection, "export_activity", {"table": table}, export)
    with (
        _published_indexes(connection, settings),
        _duckdb(export, folder) as duckdb,
        _clickhouse(export, folder) as clickhouse,
    ):
        asks: dict[str, Ask] = {
            "ours": lambda start, end: _ours(connection, start, end),
            "plain SQL": lambda start, end: _plain(connection, settings, start, end, workers=0),
            "plain SQL, 2 workers": lambda start, end: _plain(
                connection, settings, start, end, workers=2
            ),
            "DuckDB": duckdb,
            "ClickHouse": clickhouse,
        }
        return [compare(asks, days, as_of) for days in windows]


def compare(asks: Mapping[str, Ask], days: int, as_of: datetime) -> Comparison:
    """Ask everybody the same, in turn, `REPEATS` times; of plain SQL the better variant counts.

    Raises:
        FindingsError: somebody answers otherwise than `ours`.
    """
    start = as_of - timedelta(days=days)
    answers = {name: ask(start, as_of) for name, ask in asks.items()}
    for name, answer in answers.items():
        if answer != answers["ours"]:
            differing = [
                pair for pair in zip(answer, answers["ours"], strict=False) if pair[0] != pair[1]
            ]
            raise FindingsError(
                f"{name} answers {days} days otherwise: {len(answer)} rows against "
                f"{len(answers['ours'])}, first difference {differing[:1]}.",
                mend="One of the two is wrong: find out which before timing.",
            )
    times: dict[str, list[float]] = {name: [] for name in asks}
    for _ in range(REPEATS):
        for name, ask in asks.items():
            started = time.perf_counter()
            ask(start, as_of)
            times[name].append((time.perf_counter() - started) * 1000)
    medians = {name: median(taken) for name, taken in times.items()}
    parallel = medians.pop("plain SQL, 2 workers")
    medians["plain SQL"] = min(medians["plain SQL"], parallel)
    return Comparison("get_ip_activity_stats", days, medians)


def _ours(connection: Connection, start: datetime, end: datetime) -> Answer:
    days = round((end - start) / timedelta(days=1))
    with connection.transaction():
        execute(connection, "bench_session")
        rows = connection.execute(
            "SELECT * FROM get_ip_activity_stats(%s, 10, 50, %s)", (days, end)
        ).fetchall()
    return [_row(row, "action_breakdown") for row in rows]


def _plain(
    connection: Connection, settings: Settings, start: datetime, end: datetime, *, workers: int
) -> Answer:
    sql = render_text(
        _text("plain"), "plain", settings, {"start": start.isoformat(), "as_of": end.isoformat()}
    )
    with connection.transaction():
        execute(connection, "bench_session")
        execute_sql(connection, f"SET LOCAL max_parallel_workers_per_gather = {workers}")
        rows = connection.execute(sql.encode()).fetchall()
    return [_row(row, "breakdown") for row in rows]


def _row(row: Mapping[str, Any], breakdown: str) -> tuple[str, int, int, dict[str, int], int, int]:
    return (
        row["ip"],
        row["total_actions"],
        row["unique_collections"],
        row[breakdown],
        _epoch(row["first_seen"]),
        _epoch(row["last_seen"]),
    )


@contextmanager
def _published_indexes(connection: Connection, settings: Settings) -> Iterator[None]:
    schema = quote_identifier(settings.directus_schema)
    text = statement("published_indexes")
    execute_sql(connection, text.replace("<<schema>>", schema))
    try:
        yield
    finally:
        for line in text.splitlines():
            if line.startswith("CREATE INDEX"):
                execute_sql(connection, f"DROP INDEX {schema}.{line.split()[5]}")


@contextmanager
def _duckdb(export: Path, folder: Path) -> Iterator[Ask]:
    duckdb = _import("duckdb")
    with duckdb.connect(str(folder / "activity.duckdb")) as database:
        database.execute("SET threads = 2; SET enable_progress_bar = false")
        database.execute(_text("load.duckdb").replace("<<file>>", str(export)))
        sql = _text("duckdb")

        def ask(start: datetime, end: datetime) -> Answer:
            parameters = {"start": _epoch(start), "as_of": _epoch(end)}
            rows = database.execute(sql, parameters).fetchall()
            return [
                (ip, *counts, dict(kinds), first, last) for ip, *counts, kinds, first, last in rows
            ]

        yield ask


@contextmanager
def _clickhouse(export: Path, folder: Path) -> Iterator[Ask]:
    database = _import("chdb.session").Session(str(folder / "clickhouse"))
    for command in _text("load.clickhouse").replace("<<file>>", str(export)).split(";\n"):
        database.query(command)
    sql = _text("clickhouse")

    def ask(start: datetime, end: datetime) -> Answer:
        text = sql.replace("{start:Int64}", str(_epoch(start)))
        text = text.replace("{as_of:Int64}", str(_epoch(end)))
        rows = json.loads(str(database.query(text)))["data"]
        return [(ip, *counts, dict(kinds), first, last) for ip, *counts, kinds, first, last in rows]

    try:
        yield ask
    finally:
        database.close()


def _text(name: str) -> str:
    stem = name if name.startswith("load") else f"ip_activity_stats.{name}"
    folder = files("activity_sql") / "bench" / "peers"
    return (folder / f"{stem}.sql").read_text(encoding="utf-8")


def _epoch(moment: datetime) -> int:
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))


def _import(name: str) -> Any:
    """A peer's module: extras of half a gigabyte, loaded only when asked for."""
    try:
        return import_module(name)
    except ImportError as error:
        raise UsageError(
            f"{name.split('.')[0]} is not installed.", mend="pip install 'activity-sql[peers]'"
        ) from error
