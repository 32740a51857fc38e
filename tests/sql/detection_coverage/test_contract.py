"""What is blind, and why: each cause is made, and said."""

from datetime import datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from tests.oracle import Activity
from tests.support.contract import exclude, types_of
from tests.support.directus import QUOTED_ODD_SCHEMA
from tests.support.rows import call, insert

NAME = "detection_coverage"
ANA = UUID(int=1)
NEVER = {"database_writes", "failed_logins", "reads"}


@pytest.fixture
def now(activity: psycopg.Connection) -> datetime:
    return activity.execute("SELECT pg_catalog.now() AS now").fetchone()["now"]


def coverage(connection: psycopg.Connection) -> dict[str, tuple[bool, str]]:
    rows = call(connection, NAME)
    assert [row["detector"] for row in rows] == sorted(row["detector"] for row in rows)
    return {row["detector"]: (row["active"], row["reason"]) for row in rows}


def days(now: datetime, count: int, **row: object) -> list[tuple[Activity, int]]:
    """Rows in every one of the last days, from two networks."""
    return [
        (Activity(now - timedelta(days=day, minutes=net), ip=f"10.0.{net}.1", **row), 1)
        for day in range(count + 1)
        for net in (1, 2)
    ]


def test_columns_and_types(activity: psycopg.Connection) -> None:
    assert types_of(activity, NAME) == {"detector": "text", "active": "bool", "reason": "text"}


def test_with_weeks_behind_it_everything_is_active(
    activity: psycopg.Connection, now: datetime
) -> None:
    insert(activity, days(now, 29, user=ANA))
    call(activity, "refresh_activity_rollups")
    found = coverage(activity)
    assert {name for name, (active, _) in found.items() if not active} == NEVER
    assert {reason for active, reason in found.values() if active} == {""}
    assert found["failed_logins"][1] == "Directus does not write failed logins here"


def test_every_detector_that_can_speak_is_listed(activity: psycopg.Connection) -> None:
    detectors = activity.execute(
        "SELECT pg_catalog.substr(proname, 8) AS name FROM pg_catalog.pg_proc "
        "WHERE pronamespace = 'activity_sql'::pg_catalog.regnamespace "
        "AND proname LIKE 'detect\\_%' AND pronargs = 3"
    ).fetchall()
    assert {row["name"] for row in detectors} == coverage(activity).keys() - NEVER


def test_too_little_history(activity: psycopg.Connection, now: datetime) -> None:
    assert coverage(activity)["burst"] == (
        False,
        "0 days of history, 7 are needed: it only knows its floors",
    )
    insert(activity, days(now, 10, user=ANA))
    assert coverage(activity)["burst"] == (True, "10 days of history, 28 are used")


def test_deleted_rows(activity: psycopg.Connection, now: datetime) -> None:
    insert(activity, days(now, 10, user=ANA))
    call(activity, "refresh_activity_rollups")
    activity.execute(
        f"DELETE FROM {QUOTED_ODD_SCHEMA.replace('%', '%%')}.directus_activity "
        'WHERE "timestamp" > %s',
        [now - timedelta(hours=1)],
    )
    active, reason = coverage(activity)["burst"]
    assert (active, reason) == (False, "rows of the last two hours were deleted")


def test_without_addresses_or_users(activity: psycopg.Connection, now: datetime) -> None:
    insert(activity, [(Activity(row.timestamp), 1) for row, _ in days(now, 10)])
    found = coverage(activity)
    assert found["many_users"] == (False, "no row of the last 7 days has a user")
    assert found["volume_by_ip"] == (False, "no row of the last 7 days has an address")
    assert found["volume_by_user"] == (False, "no row of the last 7 days has a user")
    assert found["volume_by_action"][0]


def test_one_network_is_a_proxy(activity: psycopg.Connection, now: datetime) -> None:
    rows = [Activity(row.timestamp, user=ANA, ip="10.0.0.1") for row, _ in days(now, 10)]
    insert(activity, [(row, 1) for row in rows])
    found = coverage(activity)
    said = "all rows come from one network: set IP_TRUST_PROXY in Directus"
    assert found["many_networks"] == (False, said)
    assert found["volume_by_ip"] == (True, f"10 days of history, 28 are used; {said}")


def test_what_is_left_out_is_said(activity: psycopg.Connection, now: datetime) -> None:
    exclude(activity, actions=["run"], users=[UUID(int=9)])
    insert(activity, days(now, 10, user=ANA))
    assert coverage(activity)["burst"][1] == (
        "10 days of history, 28 are used; left out by the settings: actions run, 1 users"
    )
