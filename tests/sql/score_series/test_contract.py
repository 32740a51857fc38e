"""What a caller may rely on: columns, what is an alarm, and what a wrong argument raises."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import psycopg
import pytest

from tests.support.contract import refuses

START = datetime(2025, 1, 6, tzinfo=UTC)
FUNCTION = "activity_sql.score_series"
NAN, INFINITY = float("nan"), float("inf")


def minutes(points: int) -> list[datetime]:
    return [START + timedelta(minutes=5 * n) for n in range(points)]


def scored(activity: psycopg.Connection, values: list[float], **more: Any) -> list[dict[str, Any]]:
    arguments = {"p_times": minutes(len(values)), "p_values": [float(v) for v in values]} | more
    named = ", ".join(f"{name} => %({name})s" for name in arguments)
    return activity.execute(f"SELECT * FROM {FUNCTION}({named})", arguments).fetchall()


def alarms(rows: list[dict[str, Any]]) -> list[int]:
    return [n for n, row in enumerate(rows) if row["is_anomaly"]]


def noise(points: int, mean: float = 0, deviation: float = 1) -> list[float]:
    random = Random(f"{points} {mean} {deviation}")
    return [random.gauss(mean, deviation) for _ in range(points)]


def test_columns_and_types(activity: psycopg.Connection) -> None:
    cursor = activity.execute(f"SELECT * FROM {FUNCTION}(%s, %s)", [minutes(1), [1.0]])
    types = psycopg.adapters.types
    assert {column.name: types[column.type_code].name for column in cursor.description} == {
        "observed_at": "timestamptz",
        "value": "float8",
        "expected": "float8",
        "score": "float8",
        "is_anomaly": "bool",
    }
    assert cursor.fetchall() == [
        {"observed_at": START, "value": 1.0, "expected": 1.0, "score": 0.0, "is_anomaly": False}
    ]


def test_no_points_no_rows(activity: psycopg.Connection) -> None:
    query = f"SELECT * FROM {FUNCTION}('{{}}', '{{}}')"
    assert activity.execute(query).fetchall() == []


def test_rows_are_the_points(activity: psycopg.Connection) -> None:
    values = noise(50)
    rows = scored(activity, values)
    assert [row["observed_at"] for row in rows] == minutes(50)
    assert [row["value"] for row in rows] == values


TIMES = minutes(3)


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ({"p_values": [1.0]}, "p_times and p_values must have the same length", "one value for"),
        ({"p_values": None}, "p_times and p_values must have the same length", "one value for"),
        (
            {"p_times": None, "p_values": None},
            "p_times and p_values must have the same length, got NULL and NULL",
            "one value for",
        ),
        ({"p_values": [1.0, None, 2.0]}, "p_values must be numbers", "gaps"),
        ({"p_values": [1.0, NAN, 2.0]}, "p_values must be numbers", "gaps"),
        ({"p_values": [1.0, INFINITY, 2.0]}, "p_values must be numbers", "gaps"),
        ({"p_values": [1.0, -INFINITY, 2.0]}, "p_values must be numbers", "gaps"),
        ({"p_values": [1.0, 1e101, 2.0]}, "p_values must be numbers", "gaps"),
        ({"p_times": [TIMES[0], TIMES[2], TIMES[1]]}, "p_times must be finite and asc", "Sort"),
        ({"p_times": [TIMES[0], TIMES[1], TIMES[1]]}, "p_times must be finite and asc", "repeat"),
        ({"p_times": [TIMES[0], None, TIMES[1]]}, "p_times must be finite and asc", "NULL"),
        (
            {"p_times": "{-infinity,2025-01-06,2025-01-07}"},
            "p_times must be finite and asc",
            "Sort",
        ),
        ({"p_times": "{2025-01-06,2025-01-07,infinity}"}, "p_times must be finite and asc", "Sort"),
        ({"p_threshold": 0.0}, "p_threshold must be over 0 and at most 100, got 0", "example 3"),
        ({"p_threshold": 100.1}, "p_threshold must be over 0 and at most 100, got 100.1", "ex"),
        ({"p_threshold": NAN}, "p_threshold must be over 0 and at most 100, got NaN", "example 3"),
        ({"p_threshold": None}, "p_threshold must be over 0 and at most 100, got NULL", "ex"),
    ],
)
def test_wrong_argument_raises(
    activity: psycopg.Connection, arguments: dict[str, Any], message: str, hint: str
) -> None:
    whole = {"p_times": TIMES, "p_values": [1.0, 2.0, 3.0]} | arguments
    refuses(activity, FUNCTION, message, hint, **whole)


@pytest.mark.parametrize(
    "values",
    [
        [0] * 300 + [1] + [0] * 300,
        [0] * 300 + [1] * 300,
        [42] * 300 + [43] * 300,
        [0] * 300 + [0, 1] * 100,
        [0.5] * 600,
        [0] * 600,
        [1e100, -1e100] * 300,
    ],
    ids=[
        "first event",
        "0 to 1",
        "42 to 43",
        "flicker",
        "constant",
        "zeros",
        "extremes",
    ],
)
def test_a_least_step_is_no_alarm(activity: psycopg.Connection, values: list[float]) -> None:
    assert alarms(scored(activity, values)) == []


@pytest.mark.parametrize(
    ("values", "at"),
    [
        ([*noise(300, 50, 2), 80.0, *noise(60, 50, 2)], 300),
        ([*noise(300, 50, 2), 20.0, *noise(60, 50, 2)], 300),
        ([0] * 300 + [50] + [0] * 60, 300),
        ([50] * 300 + [0] * 60, 300),
        ([*noise(300, 50, 2), *noise(60, 80, 2)], 300),
    ],
    ids=["spike", "dropout", "burst of a constant", "end of a constant", "level shift"],
)
def test_one_incident_one_alarm(activity: psycopg.Connection, values: list[float], at: int) -> None:
    rows = scored(activity, values, p_threshold=5.0)
    assert alarms(rows) == [at]


def test_a_new_level_is_learnt(activity: psycopg.Connection) -> None:
    rows = scored(activity, noise(800, 50, 2) + noise(500, 80, 2))
    assert max(row["score"] for row in rows[900:]) < 4
    assert all(abs(row["expected"] - 80) < 5 for row in rows[820:])


def test_twice_as_bad_is_another_alarm(activity: psycopg.Connection) -> None:
    rows = scored(activity, [*noise(300), 8.0, 0.0, 0.0, 60.0, *noise(20)], p_threshold=5.0)
    assert alarms(rows) == [300, 303]


def test_a_rate_is_never_known_to_be_nothing(activity: psycopg.Connection) -> None:
    """One of fifty, at the least: a second event after a long silence is hardly unusual."""
    rows = scored(activity, [0] * 300 + [1] + [0] * 300 + [1] + [0] * 30)
    assert max(row["score"] for row in rows) < 2.5


def test_a_flat_line_is_an_anomaly(activity: psycopg.Connection) -> None:
    rows = scored(activity, noise(500) + [0.1] * 30, p_threshold=4.0)
    assert alarms(rows)[0] in range(503, 515)


def test_a_daily_season_is_found(activity: psycopg.Connection) -> None:
    """Ten days of busy afternoons; the eleventh is as quiet as any night."""
    day = [100.0 if 144 <= n < 216 else 10.0 for n in range(288)]
    random = Random(1)
    values = [value + random.gauss(0, 1) for value in day * 10 + [10.0] * 288]
    rows = scored(activity, values, p_threshold=5.0)
    # Within ten minutes of when the busy hours do not begin.
    late = [n - 2880 for n in alarms(rows) if n > 5 * 288]
    assert late[0] in (144, 145, 146)
    assert abs(rows[2880 + 144]["expected"] - 100) < 5


def test_the_threshold_moves_alarms_only(activity: psycopg.Connection) -> None:
    low, high = (scored(activity, noise(500), p_threshold=t) for t in (1.5, 6.0))
    assert [row["score"] for row in low] == [row["score"] for row in high]
    assert len(alarms(low)) > 5
    assert alarms(high) == []
