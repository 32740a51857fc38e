"""Other ways to the same answers, asked in the same run: plain SQL, DuckDB, ClickHouse.

A folder is a question: `ours.sql`, headed by its windows and gates, and what the others ask; where
ours gives one document, `answer.sql` lays it out in rows to be compared, and is not timed. DuckDB
and ClickHouse run in this process with two threads, on tables sorted by time, loaded before
anything is timed; plain SQL has the published indexes, and of serial and two workers the better
one counts. Answers are compared before the first is timed, and contestants take turns.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from importlib import import_module
from itertools import zip_longest
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from activity_sql.bench.measure import REPEATS
from activity_sql.db import (
    Connection,
    copy_to_file,
    execute,
    execute_sql,
    query_sql,
    statement,
    tuple_cursor,
)
from activity_sql.errors import FindingsError, UsageError
from activity_sql.render import quote_identifier, quote_literal
from activity_sql.settings import Settings
from activity_sql.sources import read_headed

# Makes a question ready, and gives what is timed: from asking to the last row as a tuple.
Ask = Callable[[str], Callable[[], Sequence[Sequence[Any]]]]

# Who takes fewer ms than QUICK is asked IN_A_ROW times at each turn.
QUICK, IN_A_ROW = 200, 3

# Where an answer has no limit, a larger table is asked for what is busier, so that the answer is as
# long: <<busy>> actions, one of so many rows.
ROWS_PER_BUSY = 100_000

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Question:
    """A folder here: the gates by contestant, by days of a window, and the SQL by file."""

    name: str
    windows: Mapping[str, Mapping[str, Sequence[int]]]
    texts: Mapping[str, str]


@dataclass(frozen=True)
class Comparison:
    """One question over one window of a table of `rows`: medians in ms.

    `gates`: how many times ours a contestant must take at 10 million rows, gate and aim.
    """

    question: str
    days: int
    rows: int
    milliseconds: Mapping[str, float]
    gates: Mapping[str, Sequence[int]]

    @property
    def ratios(self) -> dict[str, float]:
        ours = self.milliseconds["ours"]
        return {name: taken / ours for name, taken in self.milliseconds.items() if name != "ours"}


def read_questions() -> list[Question]:
    """Every folder here, by name; the header of `ours.sql` is its windows."""
    found = []
    for path in sorted(_FOLDER.glob("*/ours.sql")):
        windows, ours = read_headed(path, f"{path.parent.name}/ours.sql")
        texts = {file.stem: file.read_text(encoding="utf-8") for file in path.parent.glob("*.sql")}
        found.append(Question(path.parent.name, windows, texts | {"ours": ours}))
    return found


def compare_all(
    connection: Connection, settings: Settings, as_of: datetime, rows: int, *, peers: bool
) -> list[Comparison]:
    """Every question over each of its windows: ours and plain SQL, and with `peers` the others.

    Raises:
        UsageError: duckdb or chdb is not installed.
        FindingsError: two answers differ.
    """
    schema = {"schema": quote_identifier(settings.directus_schema)}
    serial = partial(_postgres, connection, 0)
    asks: dict[str, Ask] = {"ours": serial, "plain SQL": serial}
    with ExitStack() as stack:
        if peers:
            folder = Path(stack.enter_context(TemporaryDirectory()))
            files = {name: str(folder / f"{name}.csv") for name in ("activity", "users")}
            for name, file in files.items():
                copy_to_file(connection, f"export_{name}", schema, Path(file))
            asks["plain SQL, 2 workers"] = partial(_postgres, connection, 2)
            asks["DuckDB"] = stack.enter_context(_duckdb(folder, files))
            asks["ClickHouse"] = stack.enter_context(_clickhouse(folder, files))
        stack.enter_context(connection.transaction(force_rollback=True))
        execute(connection, "bench_session")
        execute_sql(connection, fill(statement("published_indexes"), schema))
        (user,) = query_sql(connection, fill(statement("busiest_user"), schema))
        markers = schema | user | {"busy": str(max(rows // ROWS_PER_BUSY, 1))}
        return [
            compare(question, asks, markers | window(as_of, int(days)), rows)
            for question in read_questions()
            for days in question.windows
        ]


def window(as_of: datetime, days: int) -> dict[str, str]:
    """The markers of a window: its bounds as literals and in ms since 1970, and its days."""
    start = as_of - timedelta(days=days)
    return {
        "days": str(days),
        "start": quote_literal(start.isoformat()),
        "as_of": quote_literal(as_of.isoformat()),
        "start_ms": str(_epoch(start)),
        "as_of_ms": str(_epoch(as_of)),
    }


def fill(text: str, markers: Mapping[str, str]) -> str:
    """`text` with its <<markers>> replaced."""
    for marker, value in markers.items():
        text = text.replace(f"<<{marker}>>", value)
    return text


def compare(
    question: Question, asks: Mapping[str, Ask], markers: Mapping[str, str], rows: int
) -> Comparison:
    """Ask who knows the question, in turn, `REPEATS` times; the quick ones `IN_A_ROW`, since what
    is short is soon disturbed. Plain SQL's better variant counts.

    Raises:
        FindingsError: somebody answers otherwise than `ours`.
    """
    days = markers["days"]
    # A contestant's file has its first word for a name.
    texts = {name: question.texts.get(name.split()[0].lower()) for name in asks}
    asked = {name: partial(asks[name], fill(text, markers)) for name, text in texts.items() if text}
    compared = dict(asked)
    if "answer" in question.texts:
        compared["ours"] = partial(asks["ours"], fill(question.texts["answer"], markers))
    answers = {
        name: [tuple(map(_normal, row)) for row in ask()()] for name, ask in compared.items()
    }
    for name, answer in answers.items():
        if answer != answers["ours"]:
            pairs = zip_longest(answer, answers["ours"])
            differing = next(pair for pair in pairs if pair[0] != pair[1])
            raise FindingsError(
                f"{name} answers {question.name} over {days} days otherwise: {len(answer)} rows "
                f"against {len(answers['ours'])}, first difference {differing}.",
                mend="One of the two is wrong: find out which before timing.",
            )
    times: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(REPEATS):
        for name, ask in asked.items():
            ready = ask()
            for _ in range(IN_A_ROW):
                started = time.perf_counter()
                ready()
                times[name].append((time.perf_counter() - started) * 1000)
                if times[name][-1] > QUICK:
                    break
    medians = {name: median(taken) for name, taken in times.items()}
    parallel = medians.pop("plain SQL, 2 workers", medians["plain SQL"])
    medians["plain SQL"] = min(medians["plain SQL"], parallel)
    return Comparison(question.name, int(days), rows, medians, question.windows[days])


def _normal(value: Any) -> Any:
    if isinstance(value, datetime):
        return _epoch(value)
    return float(value) if isinstance(value, Decimal) else value


def _epoch(moment: datetime) -> int:
    return round((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))


def _postgres(
    connection: Connection, workers: int, sql: str
) -> Callable[[], Sequence[Sequence[Any]]]:
    execute_sql(connection, f"SET LOCAL max_parallel_workers_per_gather = {workers}")
    cursor = tuple_cursor(connection)
    return lambda: cursor.execute(sql.encode()).fetchall()


@contextmanager
def _duckdb(folder: Path, files: Mapping[str, str]) -> Iterator[Ask]:
    with _import("duckdb").connect(str(folder / "activity.duckdb")) as database:
        database.execute("SET threads = 2; SET enable_progress_bar = false")
        database.execute(fill((_FOLDER / "load.duckdb.sql").read_text(encoding="utf-8"), files))
        yield lambda sql: lambda: database.execute(sql).fetchall()


@contextmanager
def _clickhouse(folder: Path, files: Mapping[str, str]) -> Iterator[Ask]:
    database = _import("chdb.session").Session(str(folder / "clickhouse"))
    load = fill((_FOLDER / "load.clickhouse.sql").read_text(encoding="utf-8"), files)
    for command in load.split(";\n"):
        database.query(command)
    try:
        yield lambda sql: lambda: json.loads(str(database.query(sql)))["data"]
    finally:
        database.close()


def _import(name: str) -> Any:
    """A peer's module: extras of half a gigabyte, loaded only when asked for."""
    try:
        return import_module(name)
    except ImportError as error:
        raise UsageError(
            f"{name.split('.')[0]} is not installed.", mend="pip install 'activity-sql[peers]'"
        ) from error
