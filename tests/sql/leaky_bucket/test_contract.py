"""What a caller may rely on: columns, the meter by hand, and what a wrong argument raises."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.support.contract import refuses
from tests.support.rows import call

FUNCTION = "activity_sql.leaky_bucket"
START = datetime(2026, 3, 29, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_columns_and_types(activity: psycopg.Connection) -> None:
    cursor = activity.execute(f"SELECT * FROM {FUNCTION}(%s, 1, '1 minute')", [[START]])
    types = psycopg.adapters.types
    assert {column.name: types[column.type_code].name for column in cursor.description} == {
        "observed_at": "timestamptz",
        "level": "float8",
        "overflowed": "bool",
    }
    assert cursor.fetchall() == [{"observed_at": START, "level": 1.0, "overflowed": False}]


def test_no_events_no_rows(activity: psycopg.Connection) -> None:
    assert activity.execute(f"SELECT * FROM {FUNCTION}('{{}}', 1, '1 minute')").fetchall() == []


def test_by_hand(activity: psycopg.Connection) -> None:
    # Two at once, one half a leak later, one after the bucket has long run dry.
    times = [START, START, START + MINUTE / 2, START + 10 * MINUTE]
    rows = call(activity, FUNCTION, p_times=times, p_capacity=2, p_leak=MINUTE)
    assert [row["level"] for row in rows] == [1.0, 2.0, 2.5, 1.0]
    assert [row["overflowed"] for row in rows] == [False, False, True, False]
    assert [row["observed_at"] for row in rows] == times


def test_nothing_is_capped(activity: psycopg.Connection) -> None:
    rows = call(activity, FUNCTION, p_times=[START] * 50, p_capacity=1, p_leak=MINUTE)
    assert [row["level"] for row in rows] == [float(n) for n in range(1, 51)]


def test_a_day_is_24_hours(activity: psycopg.Connection) -> None:
    activity.execute("SET LOCAL TimeZone = 'Europe/Berlin'")
    times = [START, START + timedelta(hours=12)]
    rows = call(activity, FUNCTION, p_times=times, p_capacity=1, p_leak=timedelta(days=1))
    assert [row["level"] for row in rows] == [1.0, 1.5]


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ({"p_times": None}, "p_times must be an array, got NULL", "empty array"),
        ({"p_times": [START, None]}, "p_times must be finite and ascending, got NULL", "Sort"),
        (
            {"p_times": "{2026-01-01,infinity}"},
            "p_times must be finite and ascending, got inf",
            "So",
        ),
        (
            {"p_times": "{-infinity,2026-01-01}"},
            "p_times must be finite and ascending, got -inf",
            "S",
        ),
        ({"p_times": [START, START - MINUTE]}, "p_times must be finite and ascending", "Sort"),
        ({"p_capacity": 0}, "p_capacity must be between 1 and 2147483647, got 0", "holds"),
        ({"p_capacity": None}, "p_capacity must be between 1 and 2147483647, got NULL", "holds"),
        ({"p_leak": None}, "p_leak must be over 0 and at most 36500 days, got NULL", "1 minute"),
        ({"p_leak": timedelta(0)}, "p_leak must be over 0 and at most 36500 days", "1 minute"),
        ({"p_leak": -MINUTE}, "p_leak must be over 0 and at most 36500 days", "1 minute"),
        ({"p_leak": timedelta(36501)}, "p_leak must be over 0 and at most 36500 days", "month"),
        ({"p_leak": "1 month"}, "p_leak must be over 0 and at most 36500 days", "month has no"),
        ({"p_leak": "1 year"}, "p_leak must be over 0 and at most 36500 days", "month has no"),
    ],
)
def test_wrong_argument_raises(
    activity: psycopg.Connection, arguments: dict[str, Any], message: str, hint: str
) -> None:
    whole = {"p_times": [START], "p_capacity": 5, "p_leak": MINUTE} | arguments
    refuses(activity, FUNCTION, message, hint, **whole)
