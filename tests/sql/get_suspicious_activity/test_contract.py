"""What a caller may rely on: columns, how an hour is judged, and what a wrong argument raises."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.oracle import Activity
from tests.support.contract import exclude, refuses, types_of
from tests.support.rows import call, insert

NAME = "get_suspicious_activity"
AS_OF = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)
ANA, BEN = UUID(int=1), UUID(int=2)
COLUMNS = {
    "ip": "varchar",
    "action_count": "int8",
    "distinct_collections": "int8",
    "distinct_actions": "int8",
    "unique_users": "int8",
    "risk_level": "text",
    "risk_reasons": "jsonb",
    "last_seen": "timestamptz",
}


def ago(**length: float) -> datetime:
    return AS_OF - timedelta(**length)


def signals(row: dict[str, Any]) -> dict[str, tuple[Any, int]]:
    return {
        reason["signal"]: (reason["observed"], reason["contribution"])
        for reason in row["risk_reasons"]
    }


def test_columns_and_types(activity: psycopg.Connection) -> None:
    assert types_of(activity, NAME) == COLUMNS


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ({"p_hours": 0}, "p_hours must be between 1 and 876000, got 0", "whole hours"),
        ({"p_hours": 876001}, "p_hours must be between 1 and 876000, got 876001", "whole hours"),
        ({"p_hours": None}, "p_hours must be between 1 and 876000, got NULL", "whole hours"),
        ({"p_threshold": 0}, "p_threshold must be between 1 and 2147483647, got 0", "Pass 1"),
        ({"p_threshold": None}, "p_threshold must be between", "Pass 1"),
        ({"p_as_of": "infinity"}, "p_as_of must be a finite moment", "Pass NULL"),
    ],
)
def test_wrong_argument_raises(
    activity: psycopg.Connection, arguments: dict[str, Any], message: str, hint: str
) -> None:
    refuses(activity, NAME, message, hint, **arguments)


@pytest.mark.parametrize("as_of", [None, AS_OF, datetime(1, 1, 1, tzinfo=UTC)])
def test_widest_window(activity: psycopg.Connection, as_of: datetime | None) -> None:
    assert call(activity, NAME, p_hours=876000, p_as_of=as_of) == []


def test_at_least_the_threshold(activity: psycopg.Connection) -> None:
    insert(activity, [(Activity(ago(minutes=1), ip=f"10.0.0.{count}"), count) for count in (9, 10)])
    (row,) = call(activity, NAME, p_threshold=10, p_as_of=AS_OF)
    assert row["ip"] == "10.0.0.10"


def test_a_tie_falls_by_bytes(activity: psycopg.Connection) -> None:
    insert(activity, [(Activity(ago(minutes=1), ip=ip), 3) for ip in ("a", "Z", None)])
    rows = call(activity, NAME, p_threshold=1, p_as_of=AS_OF)
    assert [row["ip"] for row in rows] == ["Z", "a"]


@pytest.mark.parametrize(
    ("hours", "times", "per_day", "contribution"),
    [(1, 8, "192.00", 0), (1, 50, "1200.00", 22), (1, 84, "2016.00", 40), (7, 101, "346.29", 3)],
)
def test_hours_are_judged_as_a_day_at_their_pace(
    activity: psycopg.Connection, hours: int, times: int, per_day: str, contribution: int
) -> None:
    insert(activity, [(Activity(ago(minutes=1), user=ANA, ip="10.0.0.1"), times)])
    (row,) = call(activity, NAME, p_hours=hours, p_threshold=1, p_as_of=AS_OF)
    assert signals(row)["actions_per_user_day"] == (Decimal(per_day), contribution)


@pytest.mark.parametrize(
    ("deletes", "others", "share", "contribution"),
    [(1, 0, "0.05", 0), (5, 0, "0.25", 2), (19, 0, "0.95", 30), (10, 10, "0.5", 15)],
)
def test_deletes_are_a_share_of_at_least_20_actions(
    activity: psycopg.Connection, deletes: int, others: int, share: str, contribution: int
) -> None:
    insert(
        activity,
        [
            (Activity(ago(minutes=1), "delete", ANA, "10.0.0.1"), deletes),
            (Activity(ago(minutes=1), "update", ANA, "10.0.0.1"), others),
        ],
    )
    (row,) = call(activity, NAME, p_threshold=1, p_as_of=AS_OF)
    assert signals(row)["delete_share"] == (Decimal(share), contribution)


def test_a_day_is_judged_as_get_ip_activity_stats_does(activity: psycopg.Connection) -> None:
    kinds = ["create", "update", "delete", "login", "run", "revert"]
    insert(
        activity,
        [
            (Activity(ago(hours=number), kind, user, "10.0.0.1", f"c{number}"), 150)
            for number, kind in enumerate(kinds * 2, 1)
            for user in (ANA, None)
        ],
    )
    (row,) = call(activity, NAME, p_hours=24, p_as_of=AS_OF)
    (same,) = call(activity, "get_ip_activity_stats", p_days=1, p_as_of=AS_OF)
    assert row["risk_reasons"] == same["risk_reasons"]
    assert row["risk_level"] == same["risk_level"] == "medium"


@pytest.mark.parametrize("folded", [False, True])
def test_the_excluded_do_not_count(activity: psycopg.Connection, folded: bool) -> None:
    exclude(activity, actions=["run"], users=[BEN])
    rows = [("run", ANA), ("update", ANA), ("update", BEN)]
    insert(activity, [(Activity(ago(minutes=1), kind, user, "10.0.0.1"), 1) for kind, user in rows])
    if folded:
        call(activity, "refresh_activity_rollups")
    (row,) = call(activity, NAME, p_threshold=1, p_as_of=AS_OF)
    assert (row["action_count"], row["unique_users"]) == (1, 1)


@pytest.mark.parametrize(("column", "built"), [("action_count", False), ("risk_reasons", True)])
def test_reasons_are_built_for_who_asks(
    activity: psycopg.Connection, column: str, built: bool
) -> None:
    plan = activity.execute(f"EXPLAIN (VERBOSE) SELECT {column} FROM get_suspicious_activity()")
    text = "\n".join(line["QUERY PLAN"] for line in plan)
    assert "busy_addresses" in text
    assert ("actions_per_user_day" in text) is built
