"""What a caller may rely on: columns, types, order, and what a wrong argument raises."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.oracle import Activity
from tests.support.rows import call, insert

AS_OF = datetime(2026, 5, 1, tzinfo=UTC)
LAST = AS_OF - timedelta(hours=1)
COLUMNS = {
    "ip": "varchar",
    "action": "text",
    "action_count": "int8",
    "collections_accessed": "int8",
    "first_seen": "timestamptz",
    "last_seen": "timestamptz",
}


def test_columns_and_types(activity: psycopg.Connection) -> None:
    cursor = activity.execute("SELECT * FROM get_ip_action_stats()")
    types = psycopg.adapters.types
    assert {column.name: types[column.type_code].name for column in cursor.description} == COLUMNS


def test_positional_call(activity: psycopg.Connection) -> None:
    insert(activity, [(Activity(LAST, ip="10.0.0.1"), 10)])
    rows = activity.execute(
        "SELECT ip, action, action_count FROM get_ip_action_stats(30, 10, 100, %s)", [AS_OF]
    ).fetchall()
    assert rows == [{"ip": "10.0.0.1", "action": "update", "action_count": 10}]


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ({"p_days": 0}, "p_days must be between 1 and 36500, got 0", "whole days"),
        ({"p_days": 36501}, "p_days must be between 1 and 36500, got 36501", "whole days"),
        ({"p_days": None}, "p_days must be between 1 and 36500, got NULL", "whole days"),
        ({"p_min_count": 0}, "p_min_count must be between 1 and 2147483647, got 0", "Pass 1"),
        ({"p_min_count": None}, "p_min_count must be between", "Pass 1"),
        ({"p_limit": 0}, "p_limit must be between 1 and 100000, got 0", "NULL for all"),
        ({"p_limit": 100001}, "p_limit must be between 1 and 100000, got 100001", "NULL for all"),
        ({"p_as_of": "infinity"}, "p_as_of must be a finite moment", "Pass NULL"),
    ],
)
def test_wrong_argument_raises(
    activity: psycopg.Connection, arguments: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue) as raised:
        call(activity, "get_ip_action_stats", **arguments)
    assert raised.value.diag.message_primary.startswith(message)
    assert hint in raised.value.diag.message_hint


@pytest.mark.parametrize("as_of", [None, AS_OF, datetime(1, 1, 1, tzinfo=UTC)])
def test_widest_window_of_nothing(activity: psycopg.Connection, as_of: datetime | None) -> None:
    assert call(activity, "get_ip_action_stats", p_days=36500, p_as_of=as_of) == []


@pytest.mark.parametrize("folds", [False, True])
def test_the_minimum_is_the_address_s_not_the_pair_s(
    activity: psycopg.Connection, folds: bool
) -> None:
    """Slow and many-sided: ten actions, one of each kind."""
    kinds = [f"kind_{number}" for number in range(10)]
    insert(activity, [(Activity(LAST, action=kind, ip="10.0.0.1"), 1) for kind in kinds])
    insert(activity, [(Activity(LAST, action="update", ip="10.0.0.2"), 9)])
    if folds:
        call(activity, "refresh_activity_rollups")
    rows = call(activity, "get_ip_action_stats", p_min_count=10, p_as_of=AS_OF)
    assert [(row["ip"], row["action"], row["action_count"]) for row in rows] == [
        ("10.0.0.1", kind, 1) for kind in kinds
    ]


@pytest.mark.parametrize("folds", [False, True])
def test_ties_at_the_cut_fall_by_bytes(activity: psycopg.Connection, folds: bool) -> None:
    """Of the address first, then of the action; the limit counts pairs."""
    insert(
        activity,
        [
            (Activity(LAST, ip=ip, action=action), 3)
            for ip in ("a", "Z")
            for action in ("b", "Y", "c")
        ],
    )
    if folds:
        call(activity, "refresh_activity_rollups")
    rows = call(activity, "get_ip_action_stats", p_min_count=1, p_limit=4, p_as_of=AS_OF)
    assert [(row["ip"], row["action"]) for row in rows] == [
        ("Z", "Y"),
        ("Z", "b"),
        ("Z", "c"),
        ("a", "Y"),
    ]


@pytest.mark.parametrize("folds", [False, True])
def test_the_busiest_addresses_need_not_have_the_most_frequent_pair(
    activity: psycopg.Connection, folds: bool
) -> None:
    """An address with more rows in all has fewer by each action; no address is none of them."""
    insert(activity, [(Activity(LAST, action=kind, ip="wide"), 3) for kind in ("a", "b", "c")])
    insert(activity, [(Activity(LAST, action="a", ip="narrow"), 4), (Activity(LAST, ip=None), 90)])
    if folds:
        call(activity, "refresh_activity_rollups")
    (row,) = call(activity, "get_ip_action_stats", p_min_count=1, p_limit=1, p_as_of=AS_OF)
    assert (row["ip"], row["action"], row["action_count"]) == ("narrow", "a", 4)


@pytest.mark.parametrize("folds", [False, True])
def test_rows_without_an_address_form_no_row(activity: psycopg.Connection, folds: bool) -> None:
    """Folded, from an hour beside the quarters of the day that the window cuts."""
    seen = LAST - timedelta(hours=12)
    insert(activity, [(Activity(seen, ip=None), 20), (Activity(seen, ip=""), 10)])
    if folds:
        call(activity, "refresh_activity_rollups")
    (row,) = call(activity, "get_ip_action_stats", p_days=1, p_as_of=AS_OF + timedelta(hours=10))
    assert (row["ip"], row["action_count"]) == ("", 10)
