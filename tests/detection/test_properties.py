"""What holds for the score of any series: causal, bounded, of no unit and no time zone."""

import math
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.detection import made_series
from tests.detection.made_series import Series

ANY = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
START = datetime(2025, 1, 6, tzinfo=UTC)
VALUES = st.one_of(
    st.integers(0, 3).map(float),
    st.integers(-100, 100).map(float),
    st.floats(-100, 100),
    st.floats(-1e100, 1e100),
    st.sampled_from([0.0, 0.0, 1e-320, -1e-99, 1e100, -1e100]),
)
GAPS = st.one_of(st.just(300.0), st.just(300.0), st.floats(1e-6, 1e7))


@st.composite
def any_series(draw: st.DrawFn) -> Series:
    """A few drawn points, repeated, so that there is a past to judge from."""
    pattern = draw(st.lists(VALUES, min_size=1, max_size=12))
    gaps = draw(st.lists(GAPS, min_size=1, max_size=5))
    points = draw(st.integers(1, 200))
    tail = draw(st.lists(VALUES, max_size=20))
    values = [pattern[n % len(pattern)] for n in range(points)] + tail
    times = [START]
    for n in range(1, len(values)):
        times.append(times[-1] + timedelta(seconds=gaps[n % len(gaps)]))
    return Series("any", times, values, [])


def made(kind: str, points: int) -> Series:
    one = getattr(made_series, kind)(Random(f"{kind} 7"))
    return Series(kind, one.times[:points], one.values[:points], [])


def rows(activity: psycopg.Connection, one: Series) -> list[dict[str, Any]]:
    query = "SELECT * FROM activity_sql.score_series(%s, %s)"
    with activity.transaction():
        return activity.execute(query, [one.times, one.values]).fetchall()


def check_causal(activity: psycopg.Connection, one: Series, cut: int, value: float) -> None:
    """Up to the cut nothing depends on what comes after; at it, the expectation not on it."""
    whole = rows(activity, one)
    assert rows(activity, Series("", one.times[:cut], one.values[:cut], [])) == whole[:cut]
    changed = [*one.values[:cut], *[value] * (len(one.values) - cut)]
    other = rows(activity, Series("", one.times, changed, []))
    assert other[:cut] == whole[:cut]
    # The first point has nothing but itself to be expected from.
    if 0 < cut < len(whole):
        assert other[cut]["expected"] == whole[cut]["expected"]


@ANY
@given(one=any_series(), share=st.floats(0, 1), value=VALUES)
def test_causal(activity: psycopg.Connection, one: Series, share: float, value: float) -> None:
    check_causal(activity, one, int(share * len(one.times)), value)


@pytest.mark.parametrize("kind", ["requests", "taxi_rides", "irregular", "level_shifts"])
def test_causal_with_seasons(activity: psycopg.Connection, kind: str) -> None:
    for cut in (1, 700, 1999):
        check_causal(activity, made(kind, 2000), cut, 1e6)


@ANY
@given(one=any_series())
def test_bounded_and_finite(activity: psycopg.Connection, one: Series) -> None:
    for n, row in enumerate(rows(activity, one)):
        assert 0 <= row["score"] <= 100
        assert math.isfinite(row["expected"])
        assert row["score"] == 0 or n >= 12
        assert row["is_anomaly"] <= (row["score"] >= 3)


@pytest.mark.parametrize("kind", ["requests", "taxi_rides", "irregular", "spikes"])
def test_no_time_zone(activity: psycopg.Connection, kind: str) -> None:
    one = made(kind, 2000)
    answers = []
    for zone in ("UTC", "Asia/Kathmandu", "America/New_York"):
        activity.execute("SELECT pg_catalog.set_config('TimeZone', %s, true)", [zone])
        answers.append(rows(activity, one))
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize(
    "kind", ["server_load", "temperature", "irregular", "spikes", "slow_drift"]
)
def test_no_unit(activity: psycopg.Connection, kind: str) -> None:
    """Powers of two change no digit, so the scores are the same to the last."""
    one = made(kind, 2000)
    scores = [row["score"] for row in rows(activity, one)]
    for factor in (2.0**-40, 2.0**30):
        scaled = Series(kind, one.times, [factor * value for value in one.values], [])
        assert [row["score"] for row in rows(activity, scaled)] == scores
    shifted = Series(kind, one.times, [value + 1000 for value in one.values], [])
    assert [row["score"] for row in rows(activity, shifted)] == pytest.approx(scores, abs=1e-3)


@pytest.mark.parametrize("kind", ["server_load", "requests", "temperature", "spikes"])
def test_farther_off_scores_no_less(activity: psycopg.Connection, kind: str) -> None:
    """A point that had a part in what it is judged by would lose by going far."""
    one = made(kind, 1500)
    expected = rows(activity, one)[-1]["expected"]
    steps = [10.0**power for power in range(3, 10)]
    scores = [
        rows(activity, Series(kind, one.times, [*one.values[:-1], round(expected) + step], []))[-1]
        for step in steps
    ]
    scores = [row["score"] for row in scores]
    assert scores == sorted(scores)
    assert scores[-1] == 100


def test_a_long_silence(activity: psycopg.Connection) -> None:
    """Nothing decays into an underflow, nor does a step after it divide by nothing."""
    values = [3.7, 9.2, 5.5] * 20 + [0.0] * 30000 + [50.0]
    times = [START + timedelta(seconds=n) for n in range(len(values))]
    answer = rows(activity, Series("", times, values, []))
    assert all(row["score"] < 3 for row in answer[5000:-1])
    assert answer[-1]["score"] > 3
