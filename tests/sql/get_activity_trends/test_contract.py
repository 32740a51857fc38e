"""What a caller may rely on: columns, types, words, order, and what a wrong argument raises."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.oracle import Activity
from tests.support.rows import call, insert

AS_OF = datetime(2026, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)
COLUMNS = {
    "subject": "text",
    "current_count": "int8",
    "previous_count": "int8",
    "growth": "int8",
    "trend_percent": "numeric",
    "trend": "text",
}


def test_columns_and_types(activity: psycopg.Connection) -> None:
    cursor = activity.execute("SELECT * FROM get_activity_trends()")
    types = psycopg.adapters.types
    assert {column.name: types[column.type_code].name for column in cursor.description} == COLUMNS


def test_positional_call(activity: psycopg.Connection) -> None:
    insert(activity, [(Activity(AS_OF - DAY), 2)])
    rows = activity.execute(
        "SELECT subject, trend FROM get_activity_trends(30, 'collection', 100, %s)", [AS_OF]
    ).fetchall()
    assert rows == [{"subject": "articles", "trend": "new"}]


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ({"p_days": 0}, "p_days must be between 1 and 36500, got 0", "whole days"),
        ({"p_days": None}, "p_days must be between 1 and 36500, got NULL", "whole days"),
        ({"p_by": "IP"}, "p_by must be one of collection, action, ip, user, got IP", "collection"),
        ({"p_by": None}, "p_by must be one of collection, action, ip, user, got NULL", "Pass"),
        ({"p_limit": 0}, "p_limit must be between 1 and 100000, got 0", "NULL for all"),
        ({"p_as_of": "infinity"}, "p_as_of must be a finite moment", "Pass NULL"),
    ],
)
def test_wrong_argument_raises(
    activity: psycopg.Connection, arguments: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue) as raised:
        call(activity, "get_activity_trends", **arguments)
    assert raised.value.diag.message_primary.startswith(message)
    assert hint in raised.value.diag.message_hint


@pytest.mark.parametrize("by", ["collection", "action", "ip", "user"])
@pytest.mark.parametrize("as_of", [None, AS_OF, datetime(1, 1, 1, tzinfo=UTC)])
def test_widest_window_of_nothing(
    activity: psycopg.Connection, by: str, as_of: datetime | None
) -> None:
    assert call(activity, "get_activity_trends", p_days=36500, p_by=by, p_as_of=as_of) == []


@pytest.mark.parametrize(
    ("current", "previous", "percent", "trend"),
    [
        (1, 0, None, "new"),
        (0, 1, "-100.00", "gone"),
        (20, 20, "0.00", "flat"),
        (22, 20, "10.00", "flat"),
        (23, 20, "15.00", "up"),
        (18, 20, "-10.00", "flat"),
        (17, 20, "-15.00", "down"),
        (2, 3, "-33.33", "down"),
        (5, 3, "66.67", "up"),
        (201, 200, "0.50", "flat"),
    ],
)
def test_words_and_percent(
    activity: psycopg.Connection, current: int, previous: int, percent: str | None, trend: str
) -> None:
    insert(activity, [(Activity(AS_OF - DAY), current), (Activity(AS_OF - 2 * DAY), previous)])
    (row,) = call(activity, "get_activity_trends", p_days=1, p_as_of=AS_OF)
    assert row == {
        "subject": "articles",
        "current_count": current,
        "previous_count": previous,
        "growth": current - previous,
        "trend_percent": None if percent is None else Decimal(percent),
        "trend": trend,
    }


@pytest.mark.parametrize("folds", [False, True])
def test_the_window_before_ends_where_the_window_begins(
    activity: psycopg.Connection, folds: bool
) -> None:
    """And begins as long before; both cut an hour."""
    as_of = AS_OF + timedelta(minutes=30)
    shifts = [timedelta(), timedelta(microseconds=-1)]
    insert(
        activity,
        [
            (Activity(as_of - days * DAY + shift, collection=f"{days} {number}"), 1)
            for days in (0, 1, 2)
            for number, shift in enumerate(shifts)
        ],
    )
    if folds:
        call(activity, "refresh_activity_rollups")
    rows = call(activity, "get_activity_trends", p_days=1, p_as_of=as_of)
    assert [(row["subject"], row["trend"]) for row in rows] == [
        ("0 1", "new"),
        ("1 0", "new"),
        ("1 1", "gone"),
        ("2 0", "gone"),
    ]


@pytest.mark.parametrize("folds", [False, True])
def test_ties_at_the_cut_fall_by_bytes(activity: psycopg.Connection, folds: bool) -> None:
    insert(activity, [(Activity(AS_OF - DAY, collection=name), 3) for name in ("a", "Z", "b")])
    if folds:
        call(activity, "refresh_activity_rollups")
    rows = call(activity, "get_activity_trends", p_limit=2, p_as_of=AS_OF)
    assert [row["subject"] for row in rows] == ["Z", "a"]


@pytest.mark.parametrize("by", ["collection", "action", "ip", "user"])
def test_the_rows_of_one_cell_are_cut_apart(activity: psycopg.Connection, by: str) -> None:
    """Also those between its first and its last, each with the key of its own cell."""
    as_of = AS_OF + timedelta(minutes=30)
    cells = [
        ("update", UUID(int=1), "192.0.2.1", "articles", (-25, -15, -5, 5, 15, 25)),
        ("create", UUID(int=2), "192.0.2.2", "pages", (-20, -10, 10, 20)),
    ]
    insert(
        activity,
        [
            (Activity(as_of - days * DAY + timedelta(minutes=minute), action, user, ip, kept), 1)
            for action, user, ip, kept, minutes in cells
            for minute in minutes
            for days in (0, 1, 2)
        ],
    )
    call(activity, "refresh_activity_rollups")
    rows = call(activity, "get_activity_trends", p_days=1, p_by=by, p_as_of=as_of)
    assert [(row["current_count"], row["previous_count"]) for row in rows] == [(6, 6), (4, 4)]
    subjects = {"action": 0, "user": 1, "ip": 2, "collection": 3}
    assert [row["subject"] for row in rows] == [str(cell[subjects[by]]) for cell in cells]


@pytest.mark.parametrize(("by", "subject"), [("ip", ""), ("user", str(UUID(int=7)))])
def test_nobody_is_no_subject(activity: psycopg.Connection, by: str, subject: str) -> None:
    insert(
        activity,
        [
            (Activity(AS_OF - DAY, user=None, ip=None), 5),
            (Activity(AS_OF - DAY, user=UUID(int=7), ip=""), 1),
        ],
    )
    (row,) = call(activity, "get_activity_trends", p_by=by, p_as_of=AS_OF)
    assert (row["subject"], row["current_count"]) == (subject, 1)


def test_rows_ahead_of_the_clock_are_of_the_window(activity: psycopg.Connection) -> None:
    (now,) = activity.execute("SELECT pg_catalog.now() AS now").fetchone().values()
    insert(activity, [(Activity(now + timedelta(minutes=5)), 1)])
    (row,) = call(activity, "get_activity_trends")
    assert (row["current_count"], row["previous_count"]) == (1, 0)
