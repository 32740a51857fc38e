"""What a caller may rely on: columns, what a change is, and what a wrong argument raises."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.oracle import Activity
from tests.support.contract import exclude, refuses, types_of
from tests.support.rows import call, insert

NAME = "get_top_items"
AS_OF = datetime(2026, 5, 1, tzinfo=UTC)
ANA, BEN = UUID(int=1), UUID(int=2)
COLUMNS = {
    "collection": "text",
    "item": "text",
    "changes": "int8",
    "editors": "int8",
    "last_change": "timestamptz",
}


def change(hours: float, **columns: Any) -> Activity:
    return Activity(AS_OF - timedelta(hours=hours), **columns)


def test_columns_and_types(activity: psycopg.Connection) -> None:
    assert types_of(activity, NAME) == COLUMNS


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ({"p_days": 0}, "p_days must be between 1 and 36500, got 0", "whole days"),
        ({"p_days": 36501}, "p_days must be between 1 and 36500, got 36501", "whole days"),
        ({"p_days": None}, "p_days must be between 1 and 36500, got NULL", "whole days"),
        ({"p_limit": 0}, "p_limit must be between 1 and 100000, got 0", "NULL for all"),
        ({"p_limit": 100001}, "p_limit must be between 1 and 100000, got 100001", "NULL for all"),
        ({"p_as_of": "infinity"}, "p_as_of must be a finite moment", "Pass NULL"),
    ],
)
def test_wrong_argument_raises(
    activity: psycopg.Connection, arguments: dict[str, Any], message: str, hint: str
) -> None:
    refuses(activity, NAME, message, hint, **arguments)


@pytest.mark.parametrize("as_of", [None, AS_OF, datetime(1, 1, 1, tzinfo=UTC)])
def test_widest_window(activity: psycopg.Connection, as_of: datetime | None) -> None:
    assert call(activity, NAME, p_days=36500, p_as_of=as_of) == []


def test_editors_are_users(activity: psycopg.Connection) -> None:
    insert(activity, [(change(hours, user=user), 1) for hours, user in enumerate([ANA, BEN, None])])
    (row,) = call(activity, NAME, p_as_of=AS_OF)
    assert row == {
        "collection": "articles",
        "item": "1",
        "changes": 2,
        "editors": 1,
        "last_change": AS_OF - timedelta(hours=1),
    }


@pytest.mark.parametrize(
    ("action", "counts"),
    [
        ("create", True),
        ("update", True),
        ("delete", True),
        ("revert", True),
        ("version_save", True),
        ("comment", False),
        ("login", False),
        ("run", False),
    ],
)
def test_what_a_change_is(activity: psycopg.Connection, action: str, counts: bool) -> None:
    insert(activity, [(change(1, action=action), 1)])
    assert len(call(activity, NAME, p_as_of=AS_OF)) == counts


def test_a_tie_falls_by_bytes(activity: psycopg.Connection) -> None:
    items = [("b", "1"), ("a", "b"), ("a", "Z"), ("B", "2")]
    insert(activity, [(change(1, collection=name, item=item), 1) for name, item in items])
    rows = call(activity, NAME, p_limit=3, p_as_of=AS_OF)
    assert [(row["collection"], row["item"]) for row in rows] == [
        ("B", "2"),
        ("a", "Z"),
        ("a", "b"),
    ]


def test_of_one_collection(activity: psycopg.Connection) -> None:
    insert(activity, [(change(1, collection=name), 1) for name in ("articles", "pages")])
    (row,) = call(activity, NAME, p_collection="pages", p_as_of=AS_OF)
    assert row["collection"] == "pages"
    assert call(activity, NAME, p_collection="unknown", p_as_of=AS_OF) == []


def test_the_excluded_do_not_count(activity: psycopg.Connection) -> None:
    exclude(activity, actions=["delete"], users=[BEN])
    insert(activity, [(change(1, user=ANA), 1), (change(1, user=BEN), 1)])
    insert(activity, [(change(1, user=ANA, action="delete"), 1), (change(1, user=None), 1)])
    (row,) = call(activity, NAME, p_as_of=AS_OF)
    assert (row["changes"], row["editors"]) == (2, 1)
