"""What a caller may rely on: columns, dates, averages, and what a wrong argument raises."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.oracle import Activity
from tests.oracles import series
from tests.rollup_oracle import FUTURE
from tests.support.directus import QUOTED_ODD_SCHEMA
from tests.support.infinity import allow_infinity
from tests.support.rows import call, insert

AS_OF = datetime(2026, 5, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
COLUMNS = {
    "collection": "text",
    "action": "text",
    "date": "date",
    "count": "int8",
    "unique_users": "int8",
    "unique_ips": "int8",
    "avg_seconds_between_actions": "numeric",
}
TABLE = f"{QUOTED_ODD_SCHEMA}.directus_activity".replace("%", "%%")


def test_columns_and_types(activity: psycopg.Connection) -> None:
    cursor = activity.execute("SELECT * FROM get_activity_breakdown()")
    types = psycopg.adapters.types
    assert {column.name: types[column.type_code].name for column in cursor.description} == COLUMNS


def test_positional_call(activity: psycopg.Connection) -> None:
    insert(activity, [(Activity(AS_OF - HOUR, user=UUID(int=1), ip="10.0.0.1"), 2)])
    rows = activity.execute(
        "SELECT * FROM get_activity_breakdown(7, 'Europe/Berlin', %s)", [AS_OF]
    ).fetchall()
    assert rows == [
        {
            "collection": "articles",
            "action": "update",
            "date": date(2026, 5, 1),
            "count": 2,
            "unique_users": 1,
            "unique_ips": 1,
            "avg_seconds_between_actions": Decimal("0.00"),
        }
    ]


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ({"p_days": 0}, "p_days must be between 1 and 36500, got 0", "whole days"),
        ({"p_days": None}, "p_days must be between 1 and 36500, got NULL", "whole days"),
        (
            {"p_timezone": "Europe/Berln1"},
            "p_timezone must be an IANA time zone, got Europe/Berln1",
            "pg_timezone_names",
        ),
        ({"p_timezone": None}, "p_timezone must be an IANA time zone, got NULL", "Pass UTC"),
        ({"p_as_of": "infinity"}, "p_as_of must be a finite moment", "Pass NULL"),
    ],
)
def test_wrong_argument_raises(
    activity: psycopg.Connection, arguments: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue) as raised:
        call(activity, "get_activity_breakdown", **arguments)
    assert raised.value.diag.message_primary.startswith(message)
    assert hint in raised.value.diag.message_hint


@pytest.mark.parametrize("as_of", [None, AS_OF, datetime(1, 1, 1, tzinfo=UTC)])
@pytest.mark.parametrize("time_zone", ["UTC", "Asia/Kolkata"])
def test_widest_window_of_nothing(
    activity: psycopg.Connection, as_of: datetime | None, time_zone: str
) -> None:
    asked = {"p_days": 36500, "p_timezone": time_zone, "p_as_of": as_of}
    assert call(activity, "get_activity_breakdown", **asked) == []


@pytest.mark.parametrize("folds", [False, True])
@pytest.mark.parametrize(
    ("shifts", "average"),
    [
        ([0], None),
        ([0, 0, 0], "0.00"),
        ([5, 0], "5.00"),  # never negative
        ([0, 1, 10, 20], "6.67"),
        ([0, 0.01, 0.01, 0.01, 0.01], "0.00"),
        ([0, 0.01, 0.01], "0.01"),  # half a hundredth: away from zero
    ],
)
def test_average_between_actions(
    activity: psycopg.Connection, folds: bool, shifts: list[float], average: str | None
) -> None:
    first = AS_OF - 12 * HOUR
    insert(activity, [(Activity(first + timedelta(seconds=shift)), 1) for shift in shifts])
    if folds:
        call(activity, "refresh_activity_rollups")
    (row,) = call(activity, "get_activity_breakdown", p_as_of=AS_OF)
    assert row["avg_seconds_between_actions"] == (None if average is None else Decimal(average))


@pytest.mark.parametrize("tail", [[0], [30], [0, 30]])
def test_folded_rows_and_the_tail_of_a_date_are_one(
    activity: psycopg.Connection, tail: list[int]
) -> None:
    """Tail rows before and after the folded ones, by somebody else and by the same."""
    first = AS_OF - 36 * HOUR
    found = [(10, 1), (20, 2), *((second, 2 + second // 30) for second in tail)]
    rows = [
        Activity(first + timedelta(seconds=second), user=UUID(int=who), ip=f"10.0.0.{who}")
        for second, who in found
    ]
    insert(activity, [(row, 1) for row in rows[:2]])
    call(activity, "refresh_activity_rollups")
    insert(activity, [(row, 1) for row in rows[2:]])
    answer = call(activity, "get_activity_breakdown", p_as_of=AS_OF)
    assert answer == series.get_activity_breakdown(rows)


def test_order_is_by_date_then_by_bytes(activity: psycopg.Connection) -> None:
    insert(
        activity,
        [
            (Activity(AS_OF - hours * HOUR, collection=collection, action=action), 1)
            for hours in (1, 30)
            for collection in ("a", "Z")
            for action in ("é", "b", "Y")
        ],
    )
    call(activity, "refresh_activity_rollups")
    rows = call(activity, "get_activity_breakdown", p_as_of=AS_OF)
    assert [(row["date"].day, row["collection"], row["action"]) for row in rows] == [
        (day, collection, action)
        for day in (29, 30)
        for collection in ("Z", "a")
        for action in ("Y", "b", "é")
    ]


@pytest.mark.parametrize("folds", [False, True])
def test_both_midnights_are_of_one_date(activity: psycopg.Connection, folds: bool) -> None:
    """Havana, 2024-11-03: 00:59 is followed by 00:00."""
    first = datetime(2024, 11, 3, 4, tzinfo=UTC)
    insert(activity, [(Activity(first + number * HOUR), 1) for number in range(-1, 26)])
    if folds:
        call(activity, "refresh_activity_rollups")
    rows = call(
        activity,
        "get_activity_breakdown",
        p_timezone="America/Havana",
        p_as_of=first + 30 * HOUR,
    )
    assert [(row["date"].day, row["count"]) for row in rows] == [(2, 1), (3, 25), (4, 1)]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
@pytest.mark.parametrize("folds", [False, True])
def test_a_row_in_all_eternity_has_no_average(
    activity: psycopg.Connection, folds: bool, zone: str
) -> None:
    allow_infinity(activity)
    insert(activity, [(Activity(FUTURE), 2)])
    if folds:
        call(activity, "refresh_activity_rollups")
    row = activity.execute(
        """
        SELECT date::text, count, avg_seconds_between_actions
        FROM get_activity_breakdown(p_timezone => %s)
        """,
        [zone],
    ).fetchone()
    assert row == {"date": "infinity", "count": 2, "avg_seconds_between_actions": None}


def test_a_zone_that_cuts_hours_needs_the_rows(activity: psycopg.Connection) -> None:
    insert(activity, [(Activity(AS_OF - HOUR), 1)])
    call(activity, "refresh_activity_rollups")
    asked = {"p_timezone": "Asia/Kolkata", "p_as_of": AS_OF}
    (row,) = call(activity, "get_activity_breakdown", **asked)
    assert row["date"] == date(2026, 5, 1)
    activity.execute(f"DELETE FROM {TABLE}", ())
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        call(activity, "get_activity_breakdown", **asked)
