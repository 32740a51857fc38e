"""What a caller may rely on: columns, what each detector sees, and what keeps it quiet."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.oracle import Activity
from tests.rollup_oracle import FUTURE
from tests.support.contract import exclude, refuses, types_of
from tests.support.directus import QUOTED_ODD_SCHEMA
from tests.support.infinity import allow_infinity
from tests.support.rows import call, insert

NAME = "detect_activity_anomalies"
AS_OF = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ANA, BEN = UUID(int=1), UUID(int=2)
HOME = "203.0.113.7"
COLUMNS = {
    "detected_at": "timestamptz",
    "detector": "text",
    "subject_type": "text",
    "subject": "text",
    "observed": "float8",
    "expected": "float8",
    "score": "float8",
    "severity": "text",
    "reasons": "jsonb",
}


def spread(count: int, seconds: float = 3600, **row: Any) -> list[tuple[Activity, int]]:
    """So many rows, evenly over the last seconds before the end."""
    step = seconds / count
    return [
        (Activity(AS_OF - timedelta(seconds=step * (number + 1)), **row), 1)
        for number in range(count)
    ]


def worked(days: int = 30, **row: Any) -> list[tuple[Activity, int]]:
    """Ten rows in an hour of each day, not always the same."""
    return [
        (Activity(AS_OF - timedelta(days=day, hours=day % 9, minutes=30), **row), 10)
        for day in range(1, days)
    ]


def told(connection: psycopg.Connection, **arguments: Any) -> dict[tuple[str, str], dict[str, Any]]:
    rows = call(connection, NAME, **{"p_as_of": AS_OF, **arguments})
    return {(row["detector"], row["subject"]): row for row in rows}


def test_columns_and_types(activity: psycopg.Connection) -> None:
    assert types_of(activity, NAME) == COLUMNS


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ({"p_hours": 0}, "p_hours must be between 1 and 876000, got 0", "whole hours"),
        ({"p_hours": None}, "p_hours must be between 1 and 876000, got NULL", "whole hours"),
        (
            {"p_stddev_threshold": Decimal(0)},
            "p_stddev_threshold must be over 0 and at most 100, got 0",
            "standard deviations",
        ),
        (
            {"p_stddev_threshold": Decimal("NaN")},
            "p_stddev_threshold must be over 0 and at most 100, got NaN",
            "standard deviations",
        ),
        ({"p_stddev_threshold": None}, "p_stddev_threshold must be over 0", "standard"),
        ({"p_as_of": "-infinity"}, "p_as_of must be a finite moment", "Pass NULL"),
    ],
)
def test_wrong_argument_raises(
    activity: psycopg.Connection, arguments: dict[str, Any], message: str, hint: str
) -> None:
    refuses(activity, NAME, message, hint, **arguments)


@pytest.mark.parametrize("as_of", [None, AS_OF, datetime(1, 1, 1, tzinfo=UTC)])
def test_widest_window(activity: psycopg.Connection, as_of: datetime | None) -> None:
    assert call(activity, NAME, p_hours=876000, p_as_of=as_of) == []


CASES = {
    ("volume_by_user", str(ANA)): spread(60, user=ANA),
    ("volume_by_ip", HOME): spread(60, ip=HOME),
    ("volume_by_collection", "articles"): spread(60),
    ("volume_by_action", "update"): spread(60),
    ("burst", str(ANA)): spread(80, 50, user=ANA),
    ("mass_delete", str(ANA)): spread(50, user=ANA, action="delete"),
    ("mass_update", str(ANA)): spread(100, user=ANA),
    ("many_networks", str(ANA)): [
        row for net in (1, 2, 3) for row in spread(1, 60 * net, user=ANA, ip=f"10.0.{net}.1")
    ],
    ("many_users", HOME): [
        row for user in (1, 2, 3) for row in spread(1, 60 * user, user=UUID(int=user), ip=HOME)
    ],
    ("admin_writes", str(ANA)): spread(20, user=ANA, collection="directus_permissions"),
}


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("case", CASES)
def test_each_detector_sees_its_case_and_shows_the_rows(
    activity: psycopg.Connection, case: tuple[str, str], known: bool
) -> None:
    """With weeks behind them, and as newcomers, of whom 40 rows an hour are expected."""
    rows = CASES[case]
    if known:
        insert(activity, worked(user=ANA, ip=HOME))
    elif case[0].startswith("volume"):
        rows = [row for row in rows for _ in range(2)]
    insert(activity, rows)
    row = told(activity)[case]
    assert row["severity"] == ("high" if row["score"] >= 5 else "medium")
    assert AS_OF - HOUR <= row["detected_at"] < AS_OF
    reasons = row["reasons"]
    active = 27 if known and case[0] not in ("mass_delete", "admin_writes") else 0
    assert reasons["sample_size"] == active
    assert reasons["baseline"].startswith("active hours")
    shown = activity.execute(
        reasons["rows"].replace("get_activity_rows", f"{QUOTED_ODD_SCHEMA}.get_activity_rows")
    ).fetchall()
    counted = {"many_networks": {r["ip"] for r in shown}, "many_users": {r["user"] for r in shown}}
    assert len(counted.get(case[0], shown)) == row["observed"]


def test_rows_stamped_infinity_are_of_the_last_hour(activity: psycopg.Connection) -> None:
    allow_infinity(activity)
    insert(activity, [(Activity(FUTURE, user=ANA), 120)])
    found = told(activity, p_as_of=None)
    assert found["volume_by_user", str(ANA)]["observed"] == 120
    assert ("burst", str(ANA)) not in found


def test_a_quiet_table_raises_nothing(activity: psycopg.Connection) -> None:
    insert(activity, worked(user=ANA, ip=HOME))
    insert(activity, spread(19, user=ANA, ip=HOME))
    assert told(activity, p_stddev_threshold=Decimal("0.1")) == {}


def test_what_comes_later_changes_nothing(activity: psycopg.Connection) -> None:
    insert(activity, worked(user=ANA, ip=HOME))
    insert(activity, spread(60, user=ANA, ip=HOME))
    before = told(activity)
    later = [
        (Activity(AS_OF + timedelta(minutes=minute), user=ANA, ip=HOME), 9) for minute in range(600)
    ]
    insert(activity, later)
    call(activity, "refresh_activity_rollups")
    assert before
    assert told(activity) == before


@pytest.mark.parametrize("shift", [timedelta(0), timedelta(minutes=17, seconds=3)])
def test_each_hour_of_a_window_is_judged_as_if_asked_at_its_end(
    activity: psycopg.Connection, shift: timedelta
) -> None:
    insert(activity, worked(user=ANA, ip=HOME))
    insert(activity, [row for rows in CASES.values() for row in rows])
    insert(
        activity,
        [
            (Activity(row.timestamp - hours * HOUR, row.action, row.user, row.ip), times)
            for hours in (1, 3, 7)
            for row, times in spread(70, user=ANA, ip=HOME)
        ],
    )
    end = AS_OF + shift
    whole = call(activity, NAME, p_hours=9, p_as_of=end)
    single = [row for hours in range(9) for row in call(activity, NAME, p_as_of=end - hours * HOUR)]
    assert len(whole) > 9

    def place(row: dict[str, Any]) -> tuple[Any, ...]:
        return row["detector"], row["subject"], row["detected_at"]

    assert sorted(whole, key=place) == sorted(single, key=place)


def test_an_import_in_one_request_is_low_and_a_deletion_is_not(
    activity: psycopg.Connection,
) -> None:
    insert(activity, worked(user=ANA, ip=HOME))
    insert(activity, spread(900, 9, user=ANA, ip=HOME, action="create"))
    found = told(activity)
    assert {row["severity"] for row in found.values()} == {"low"}
    assert found["volume_by_user", str(ANA)]["reasons"]["requests"] == 1
    assert ("burst", str(ANA)) not in found
    insert(activity, spread(900, 9, user=ANA, ip=HOME, action="delete"))
    assert told(activity)["mass_delete", str(ANA)]["severity"] == "critical"


def test_excluded_users_and_actions_are_not_judged(activity: psycopg.Connection) -> None:
    exclude(activity, actions=["delete"], users=[BEN])
    insert(activity, [row for rows in CASES.values() for row in rows])
    insert(activity, spread(900, user=BEN, ip="10.9.9.9", action="create", collection="pages"))
    found = told(activity)
    assert ("volume_by_user", str(ANA)) in found
    assert not {key for key in found if key[1] in (str(BEN), "10.9.9.9", "create", "pages")}
    assert ("mass_delete", str(ANA)) not in found


@pytest.mark.parametrize("standing", ["trusted", "proxy"])
def test_a_known_address_is_low_and_said(activity: psycopg.Connection, standing: str) -> None:
    insert(activity, spread(300, ip=HOME) + CASES["many_users", HOME])
    found = told(activity)
    assert found["volume_by_ip", HOME]["severity"] == "high"
    assert found["many_users", HOME]["severity"] == "medium"
    activity.execute(
        f"SELECT activity_sql.configure(p_{standing}_addresses => '{{203.0.113.0/24}}')"
    )
    found = told(activity)
    for detector in ("volume_by_ip", "many_users"):
        row = found[detector, HOME]
        assert row["severity"] == "low"
        assert row["reasons"]["standing"] == standing


def test_a_nightly_job_is_learnt(activity: psycopg.Connection) -> None:
    """It is rare among the active hours, so only its time of day tells that it is usual."""
    for day in range(1, 29):
        end = AS_OF - timedelta(days=day)
        insert(activity, [(Activity(end - 0.5 * HOUR, user=ANA), 300)])
        insert(activity, [(Activity(end - (n + 0.5) * HOUR, user=ANA), 5) for n in range(1, 24)])
    insert(activity, spread(300, user=ANA))
    assert ("volume_by_user", str(ANA)) not in told(activity)
    # At another time of day it is none.
    insert(
        activity,
        [(Activity(row.timestamp - 6 * HOUR, user=ANA), 1) for row, _ in spread(300)],
    )
    found = told(activity, p_as_of=AS_OF - 6 * HOUR)["volume_by_user", str(ANA)]
    assert found["expected"] == 10
    assert found["reasons"]["baseline"] == "active hours near this time of day"


def test_the_first_write_to_permissions_in_28_days_is_low(activity: psycopg.Connection) -> None:
    insert(activity, spread(1, user=ANA, collection="directus_policies"))
    row = told(activity)["admin_writes", str(ANA)]
    assert (row["score"], row["severity"]) == (3, "low")
    assert row["reasons"]["first_in_28_days"] is True
    assert told(activity, p_stddev_threshold=Decimal("3.01")) == {}
    week = timedelta(days=7)
    insert(activity, [(Activity(AS_OF - week, user=ANA, collection="directus_roles"), 1)])
    assert told(activity) == {}


def test_its_own_profile_is_nobodys_business(activity: psycopg.Connection) -> None:
    insert(activity, spread(3, user=ANA, collection="directus_users"))
    assert told(activity) == {}


@pytest.mark.parametrize(("minutes", "seen"), [(29, True), (31, False)])
def test_half_an_hour_may_begin_before_the_window(
    activity: psycopg.Connection, minutes: int, seen: bool
) -> None:
    last = AS_OF - HOUR + timedelta(seconds=1)
    insert(
        activity,
        [
            (Activity(last - timedelta(minutes=ago), user=ANA, ip=f"10.0.{ago}.1"), 1)
            for ago in (0, 1, minutes)
        ],
    )
    assert (("many_networks", str(ANA)) in told(activity)) == seen


@pytest.mark.parametrize(
    ("count", "apart", "requests"), [(9, 100, 9), (10, 100, 1), (10, 101, 10), (11, 100, 1)]
)
def test_ten_rows_a_tenth_of_a_second_apart_are_one_request(
    activity: psycopg.Connection, count: int, apart: int, requests: int
) -> None:
    gap = timedelta(milliseconds=apart)
    insert(activity, [(Activity(AS_OF - gap * (number + 1)), 1) for number in range(count)])
    (row,) = activity.execute(
        "SELECT pg_catalog.sum(request) AS requests FROM activity_sql.judged_requests(1, %s)",
        [AS_OF],
    ).fetchall()
    assert row["requests"] == requests


FLOORS = {
    "volume_by_user": (20, 3600, "create"),
    "burst": (44, 50, "create"),
    "mass_delete": (30, 3600, "delete"),
    "mass_update": (60, 3600, "update"),
}


@pytest.mark.parametrize("detector", FLOORS)
def test_a_floor_is_reached_by_as_much(activity: psycopg.Connection, detector: str) -> None:
    """At a threshold below what the floor scores."""
    least, seconds, action = FLOORS[detector]
    insert(activity, worked(user=ANA))
    rows = spread(least, seconds, user=ANA, action=action)
    insert(activity, rows[1:])
    low = Decimal("2.5")
    assert (detector, str(ANA)) not in told(activity, p_stddev_threshold=low)
    insert(activity, rows[:1])
    assert told(activity, p_stddev_threshold=low)[detector, str(ANA)]["observed"] == least


def test_a_burst_may_cross_a_minute_of_the_clock(activity: psycopg.Connection) -> None:
    insert(
        activity,
        [(Activity(AS_OF - timedelta(seconds=35 + second), user=ANA), 1) for second in range(50)],
    )
    assert told(activity, p_stddev_threshold=Decimal(3))["burst", str(ANA)]["observed"] == 50


def test_all_users_of_an_address_are_its_history(activity: psycopg.Connection) -> None:
    for day in range(1, 26):
        moment = AS_OF - timedelta(days=day, minutes=30)
        insert(activity, [(Activity(moment, user=UUID(int=user), ip=HOME), 1) for user in range(4)])
    call(activity, "refresh_activity_rollups")
    insert(
        activity, [row for user in range(12) for row in spread(1, 60, user=UUID(int=user), ip=HOME)]
    )
    row = told(activity)["many_users", HOME]
    assert (row["observed"], row["expected"]) == (12, 4)
