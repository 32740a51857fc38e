"""get_ip_activity_stats must say of a real Directus what was really sent to it."""

import csv
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.directus.database import Database
from tests.directus.scenario import Scene

Row = dict[str, Any]
Reader = Callable[[Database, Scene], list[Row]]

STATEMENT = "SELECT * FROM get_ip_activity_stats(7, 1, 50)"
COUNTS = ("total_actions", "unique_collections", "unique_users")
TIMES = ("first_seen", "last_seen")
COLUMNS = [
    "ip",
    "total_actions",
    "unique_collections",
    "action_breakdown",
    "first_seen",
    "last_seen",
    "risk_score",
    "unique_users",
    "risk_level",
    "activity_score",
    "risk_reasons",
]

pytestmark = pytest.mark.usefixtures("deployment")


def by_psycopg(database: Database, _: Scene) -> list[Row]:
    with psycopg.connect(database.conninfo, row_factory=dict_row) as connection:
        return connection.execute(STATEMENT).fetchall()


def by_psql(database: Database, _: Scene) -> list[Row]:
    rows = csv.DictReader(database.psql(STATEMENT).splitlines())
    return [decoded(row, json_columns=("action_breakdown", "risk_reasons")) for row in rows]


def by_endpoint(_: Database, scene: Scene) -> list[Row]:
    answer = scene.admin.get("/activity-sql/ip-activity-stats?days=7&min_count=1&limit=50")
    return [decoded(row) for row in answer.data]


def decoded(row: Row, json_columns: tuple[str, ...] = ()) -> Row:
    """The row with Python's types for what came as text."""
    return (
        row
        | {name: int(row[name]) for name in (*COUNTS, "risk_score", "activity_score")}
        | {name: datetime.fromisoformat(row[name]) for name in TIMES}
        | {name: json.loads(row[name]) for name in json_columns}
    )


@pytest.mark.parametrize("read", [by_psycopg, by_psql, by_endpoint])
def test_says_what_was_sent(read: Reader, database: Database, scene: Scene) -> None:
    rows = read(database, scene)
    expected = scene.ledger.expected()
    assert {row["ip"] for row in rows} == set(expected)
    for row in rows:
        wanted = expected[row["ip"]]
        assert list(row) == COLUMNS
        assert {name: row[name] for name in (*COUNTS, "action_breakdown")} == {
            "total_actions": wanted.total_actions,
            "unique_collections": wanted.unique_collections,
            "unique_users": wanted.unique_users,
            "action_breakdown": wanted.action_breakdown,
        }
        earliest, latest = wanted.first_seen_between
        assert earliest <= row["first_seen"] <= latest
        earliest, latest = wanted.last_seen_between
        assert earliest <= row["last_seen"] <= latest


def test_is_ordered_by_total_then_address(database: Database, scene: Scene) -> None:
    totals = {address: each.total_actions for address, each in scene.ledger.expected().items()}
    wanted = sorted(totals, key=lambda address: (-totals[address], address))
    assert [row["ip"] for row in by_psycopg(database, scene)] == wanted


def test_every_client_reads_the_same(database: Database, scene: Scene) -> None:
    rows = by_psycopg(database, scene)
    assert by_psql(database, scene) == rows
    assert by_endpoint(database, scene) == rows
