"""What a caller may rely on: columns, types, order, and what a wrong argument raises."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.oracle import Activity
from tests.support.rows import call, insert

AS_OF = datetime(2026, 5, 1, tzinfo=UTC)
LAST = AS_OF - timedelta(hours=1)
COLUMNS = {
    "collection": "text",
    "activity_count": "int8",
    "unique_users": "int8",
    "unique_ips": "int8",
    "last_activity": "timestamptz",
}


def test_columns_and_types(activity: psycopg.Connection) -> None:
    cursor = activity.execute("SELECT * FROM get_collection_activity_stats()")
    types = psycopg.adapters.types
    assert {column.name: types[column.type_code].name for column in cursor.description} == COLUMNS


def test_positional_call(activity: psycopg.Connection) -> None:
    insert(activity, [(Activity(LAST), 2)])
    rows = activity.execute(
        "SELECT * FROM get_collection_activity_stats(7, %s)", [AS_OF]
    ).fetchall()
    assert rows == [
        {
            "collection": "articles",
            "activity_count": 2,
            "unique_users": 0,
            "unique_ips": 0,
            "last_activity": LAST,
        }
    ]


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ({"p_days": 0}, "p_days must be between 1 and 36500, got 0", "whole days"),
        ({"p_days": 36501}, "p_days must be between 1 and 36500, got 36501", "whole days"),
        ({"p_days": None}, "p_days must be between 1 and 36500, got NULL", "whole days"),
        ({"p_as_of": "infinity"}, "p_as_of must be a finite moment", "Pass NULL"),
    ],
)
def test_wrong_argument_raises(
    activity: psycopg.Connection, arguments: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue) as raised:
        call(activity, "get_collection_activity_stats", **arguments)
    assert raised.value.diag.message_primary.startswith(message)
    assert hint in raised.value.diag.message_hint


@pytest.mark.parametrize("as_of", [None, AS_OF, datetime(1, 1, 1, tzinfo=UTC)])
def test_widest_window_of_nothing(activity: psycopg.Connection, as_of: datetime | None) -> None:
    assert call(activity, "get_collection_activity_stats", p_days=36500, p_as_of=as_of) == []


@pytest.mark.parametrize("folds", [False, True])
def test_ties_fall_by_bytes(activity: psycopg.Connection, folds: bool) -> None:
    insert(activity, [(Activity(LAST, collection=name), 3) for name in ("a", "é", "Z", "")])
    if folds:
        call(activity, "refresh_activity_rollups")
    rows = call(activity, "get_collection_activity_stats", p_as_of=AS_OF)
    assert [row["collection"] for row in rows] == ["", "Z", "a", "é"]


def test_beyond_the_64_collections_of_a_word(activity: psycopg.Connection) -> None:
    """Two of three users were in every one of 200 collections, over ten days."""
    days = [AS_OF - timedelta(days=number, hours=12) for number in range(10)]
    insert(
        activity,
        [
            (Activity(day, user=UUID(int=user), ip=f"10.0.0.{user}", collection=f"c{number}"), 1)
            for number in range(200)
            for day in days
            for user in (1, 2)
        ],
    )
    insert(activity, [(Activity(LAST, user=UUID(int=3), ip="10.0.0.3", collection="c63"), 1)])
    call(activity, "refresh_activity_rollups")
    rows = call(activity, "get_collection_activity_stats", p_days=11, p_as_of=AS_OF)
    assert len(rows) == 200
    assert {
        (row["activity_count"], row["unique_users"], row["unique_ips"]) for row in rows[1:]
    } == {(20, 2, 2)}
    assert (rows[0]["collection"], rows[0]["unique_users"], rows[0]["unique_ips"]) == ("c63", 3, 3)
