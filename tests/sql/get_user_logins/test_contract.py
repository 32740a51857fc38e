"""What a caller may rely on: columns, days, the last address, and what a wrong argument raises."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.oracle import Activity
from tests.support.contract import exclude, refuses, types_of
from tests.support.directus import QUOTED_ODD_SCHEMA
from tests.support.rows import call, insert

NAME = "get_user_logins"
AS_OF = datetime(2026, 5, 1, tzinfo=UTC)
ANA, BEN = UUID(int=1), UUID(int=2)
COLUMNS = {
    "user_id": "uuid",
    "logins": "int8",
    "login_days": "int8",
    "distinct_ips": "int8",
    "last_login": "timestamptz",
    "last_ip": "varchar",
}


def login(moment: datetime, user: UUID | None = ANA, ip: str | None = "10.0.0.1") -> Activity:
    return Activity(moment, "login", user, ip, "directus_users")


def ago(**length: float) -> datetime:
    return AS_OF - timedelta(**length)


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


def test_only_logins_of_users(activity: psycopg.Connection) -> None:
    insert(activity, [(login(ago(hours=1), None), 1), (Activity(ago(hours=1), "update", ANA), 1)])
    assert call(activity, NAME, p_as_of=AS_OF) == []


def test_a_tie_falls_to_the_lower_id(activity: psycopg.Connection) -> None:
    insert(activity, [(login(ago(hours=1), user), 2) for user in (BEN, ANA)])
    (row,) = call(activity, NAME, p_limit=1, p_as_of=AS_OF)
    assert row["user_id"] == ANA


def test_of_logins_in_one_moment_the_highest_id_is_the_last(activity: psycopg.Connection) -> None:
    insert(activity, [(login(ago(hours=1), ip=ip), 1) for ip in ("10.0.0.9", "10.0.0.1", None)])
    (row,) = call(activity, NAME, p_as_of=AS_OF)
    assert (row["last_ip"], row["distinct_ips"]) == (None, 2)


def test_the_last_address_goes_with_its_row(activity: psycopg.Connection) -> None:
    insert(activity, [(login(ago(hours=hours), ip=f"10.0.0.{hours}"), 1) for hours in (5, 2)])
    call(activity, "refresh_activity_rollups")
    (row,) = call(activity, NAME, p_as_of=AS_OF)
    assert row["last_ip"] == "10.0.0.2"
    activity.execute(
        f"""DELETE FROM {QUOTED_ODD_SCHEMA}.directus_activity WHERE ip = '10.0.0.2'""".encode()
    )
    (row,) = call(activity, NAME, p_as_of=AS_OF)
    assert (row["logins"], row["last_login"], row["last_ip"]) == (2, ago(hours=2), None)


@pytest.mark.parametrize(("zone", "days"), [("UTC", 1), ("Europe/Berlin", 2)])
def test_days_are_those_of_the_reporting_zone(
    activity: psycopg.Connection, zone: str, days: int
) -> None:
    """Around the end of 29 March 2026 in Berlin, after 23 hours."""
    activity.execute("SELECT activity_sql.configure(p_time_zone => %s)", [zone])
    insert(activity, [(login(datetime(2026, 3, 29, hour, tzinfo=UTC)), 1) for hour in (21, 22)])
    call(activity, "refresh_activity_rollups")
    (row,) = call(activity, NAME, p_days=40, p_as_of=AS_OF)
    assert row["login_days"] == days


@pytest.mark.parametrize("folded", [False, True])
def test_the_excluded_do_not_count(activity: psycopg.Connection, folded: bool) -> None:
    exclude(activity, users=[BEN])
    insert(activity, [(login(ago(hours=1), user), 1) for user in (ANA, BEN)])
    if folded:
        call(activity, "refresh_activity_rollups")
    assert [row["user_id"] for row in call(activity, NAME, p_as_of=AS_OF)] == [ANA]


@pytest.mark.parametrize(("late", "days"), [(10, 1), (9, 2), (29, 2), (31, 1)])
def test_the_day_of_a_late_login_is_counted_once(
    activity: psycopg.Connection, late: int, days: int
) -> None:
    """Where a trailing window has counted the days before it came."""
    insert(activity, [(login(ago(days=10, hours=2)), 1)])
    call(activity, "refresh_activity_rollups")
    activity.execute("SELECT activity_sql.keep_trailing(%s)", [ago(days=1).date()])
    insert(activity, [(login(ago(days=late, hours=1)), 1)])
    (row,) = call(activity, NAME, p_days=30, p_as_of=AS_OF)
    assert row["login_days"] == days
