"""leaky_bucket equals a plain simulation in fractions, for any events."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.rows import call

MICROSECOND = timedelta(microseconds=1)
GAPS = st.one_of(
    st.just(0),
    st.integers(0, 50),
    st.integers(0, 10**8),
    st.integers(0, 400 * 86400 * 10**6),
)
LEAKS = st.one_of(st.integers(1, 100), st.integers(1, 10**9), st.integers(1, 36500 * 86400 * 10**6))


def simulated(times: list[datetime], leak: timedelta) -> list[Fraction]:
    levels, level, before = [], Fraction(0), times[0]
    for moment in times:
        leaked = Fraction((moment - before) // MICROSECOND, leak // MICROSECOND)
        level = max(level - leaked, Fraction(0)) + 1
        levels.append(level)
        before = moment
    return levels


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    start=st.datetimes(datetime(1, 1, 1), datetime(2500, 1, 1)),
    gaps=st.lists(GAPS, min_size=1, max_size=60),
    capacity=st.integers(1, 8),
    leak=LEAKS,
)
def test_equals_the_simulation(
    activity: psycopg.Connection, start: datetime, gaps: list[int], capacity: int, leak: int
) -> None:
    times = [start.replace(tzinfo=UTC)]
    for gap in gaps[1:]:
        times.append(times[-1] + gap * MICROSECOND)
    arguments = {"p_capacity": capacity, "p_leak": leak * MICROSECOND}
    rows = call(activity, "activity_sql.leaky_bucket", p_times=times, **arguments)
    levels = simulated(times, leak * MICROSECOND)
    # Exact but for the one rounding to double precision.
    assert [row["level"] for row in rows] == pytest.approx(
        [float(level) for level in levels], rel=1e-15, abs=0
    )
    assert [row["overflowed"] for row in rows] == [level > capacity for level in levels]
    assert [row["observed_at"] for row in rows] == times
