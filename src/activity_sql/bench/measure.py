"""Run measured queries: plans with what happens inside functions, medians, calibration."""

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from typing import Any

from activity_sql.bench.judge import Breach, judge
from activity_sql.bench.plans import PlanSummary, summarize
from activity_sql.bench.queries import Query
from activity_sql.db import Connection, StatementError, execute, notices, statement
from activity_sql.db import query as query_rows
from activity_sql.render import quote_identifier, quote_literal
from activity_sql.settings import Settings

REPEATS = 7

# The machine's speed in the same minute: arithmetic, and hashing with a hash table. One unit of
# `time_ratio` is the mean of their medians.
CALIBRATION = (
    "SELECT sum(sqrt(number)) FROM generate_series(1, 300000) AS number",
    "SELECT count(*) FROM (SELECT md5(number::text) FROM generate_series(1, 60000) AS number "
    "GROUP BY 1) AS hashed",
)


@dataclass(frozen=True)
class Plans:
    """The statement's plan, and those of the statements inside its functions.

    `sees_inside` is False where the role may not set auto_explain: then `inside` is empty.
    """

    outer: dict[str, Any]
    inside: tuple[dict[str, Any], ...]
    sees_inside: bool
    settings: dict[str, str]


@dataclass(frozen=True)
class Measurement:
    """One query at one size. Times in milliseconds; `time_ratio` in units of the calibration."""

    query: str
    question: str
    sql: str
    rows: int
    milliseconds: float
    time_ratio: float
    summary: PlanSummary
    plans: Plans
    breaches: tuple[Breach, ...]


def measure_all(
    connection: Connection, queries: Sequence[Query], settings: Settings, profile: str, as_of: str
) -> list[Measurement]:
    """Measure each query; every one is calibrated right before and right after it.

    Serial, without JIT, on warm caches: the second run is the one whose plan is judged.
    """
    return [_measure(connection, query, settings, profile, as_of) for query in queries]


def read_plans(connection: Connection, sql: str) -> Plans:
    """EXPLAIN (ANALYZE, BUFFERS, SETTINGS) of `sql`, with auto_explain inside functions.

    Runs the statement, in a transaction that is rolled back.
    """
    with connection.transaction(force_rollback=True):
        _switch_on_auto_explain(connection)
        with notices(connection) as said:
            row = connection.execute(
                f"EXPLAIN (ANALYZE, BUFFERS, SETTINGS, FORMAT JSON) {sql}".encode()
            ).fetchone()
    top = row["QUERY PLAN"][0] if row else {}
    inside = [json.loads(text[text.index("{") :]) for text in said if "plan:\n{" in text]
    return Plans(
        outer=top["Plan"],
        inside=tuple(
            one["Plan"] for one in inside if not one["Query Text"].lstrip().startswith("EXPLAIN")
        ),
        sees_inside=bool(inside),
        settings=top.get("Settings", {}),
    )


def explain_function(
    connection: Connection, settings: Settings, name: str, arguments: Sequence[str]
) -> Plans:
    """The plans of one call of a public function; an argument `NULL` is NULL.

    Raises:
        DatabaseError: there is no such function, or it refuses its arguments.
    """
    values = ["NULL" if text == "NULL" else quote_literal(text) for text in arguments]
    function = f"{quote_identifier(settings.directus_schema)}.{quote_identifier(name)}"
    return read_plans(connection, f"SELECT * FROM {function}({', '.join(values)})")  # noqa: S608


def milliseconds(connection: Connection, sql: str) -> tuple[float, int]:
    """How long `sql` took until its last row was here, and its number of rows."""
    started = time.perf_counter()
    cursor = connection.execute(sql.encode())
    rows = cursor.fetchall()
    return (time.perf_counter() - started) * 1000, len(rows)


def _measure(
    connection: Connection, query: Query, settings: Settings, profile: str, as_of: str
) -> Measurement:
    sql = query.sql(settings, as_of)
    with connection.transaction():
        execute(connection, "bench_session")
        milliseconds(connection, sql)
        units = [_calibrate(connection)]
        times, rows = zip(*(milliseconds(connection, sql) for _ in range(REPEATS)), strict=True)
        units.append(_calibrate(connection))
        plans = read_plans(connection, sql)
    summary = summarize(plans.outer, plans.inside)
    taken = median(times)
    ratio = taken / (sum(units) / len(units))
    (server,) = query_rows(connection, "server")
    budget = query.budget(profile, server["major"])
    return Measurement(
        query=query.name,
        question=query.question,
        sql=sql.strip(),
        rows=rows[0],
        milliseconds=taken,
        time_ratio=ratio,
        summary=summary,
        plans=plans,
        breaches=tuple(judge(summary, ratio, budget)),
    )


def _calibrate(connection: Connection) -> float:
    medians = [median(milliseconds(connection, sql)[0] for _ in range(3)) for sql in CALIBRATION]
    return sum(medians) / len(medians)


def _switch_on_auto_explain(connection: Connection) -> None:
    """Where the role may: a superuser, or one to whom the parameters were granted."""
    for sql in ("LOAD 'auto_explain'", statement("auto_explain")):
        with suppress(StatementError), connection.transaction():
            connection.execute(sql.encode())
