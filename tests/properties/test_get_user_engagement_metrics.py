"""get_user_engagement_metrics equals the oracle on any rows, any calendar and any window."""

from dataclasses import replace
from datetime import timedelta

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle import Activity, in_window
from tests.oracles import users
from tests.oracles.series import Span, microsecond
from tests.properties.test_get_activity_timeseries import (
    REPORTING_ZONES,
    SESSION_ZONES,
    TIME_ZONES,
    ends,
    found_near,
    keep_days_of,
)
from tests.support.examples import EXAMPLES
from tests.support.infinity import allow_infinity
from tests.support.rows import call, insert


@st.composite
def habits(draw: st.DrawFn, span: Span, time_zone: str) -> list[tuple[Activity, int]]:
    """Single rows, the same every day for a while, and many collections at once.

    Some in the window before. Often enough to cross every threshold.
    """
    row = found_near(span, "day", time_zone)
    times = st.sampled_from([1, 1, 2, 25, 49, 50, 51])
    found = draw(st.lists(st.tuples(row, times), max_size=8))
    for first in draw(st.lists(row, max_size=2)):
        found += [
            (replace(first, timestamp=first.timestamp + timedelta(days=day)), 1)
            for day in range(draw(st.integers(1, 8)))
        ]
    for model in draw(st.lists(row, max_size=1)):
        found += [
            (replace(model, collection=f"collection_{number}"), 1)
            for number in range(draw(st.integers(4, 12)))
        ]
    length = span.until - span.start
    shift = st.sampled_from([timedelta(), microsecond, -microsecond])
    found += [
        (replace(row, timestamp=row.timestamp - length + draw(shift)), number)
        for row, number in draw(st.lists(st.tuples(row, times), max_size=3))
    ]
    return found


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_equals_the_oracle(activity: psycopg.Connection, data: st.DataObject) -> None:
    allow_infinity(activity)  # and read moments in UTC: two of one clock time differ
    now = activity.execute("SELECT pg_catalog.now() AS now").fetchone()["now"]
    as_of = data.draw(ends(), label="as_of")
    days = data.draw(st.sampled_from([1, 2, 3, 7, 30, 70]), label="days")
    arguments = {
        "p_days": days,
        "p_limit": data.draw(st.sampled_from([None, 1, 2, 100]), label="limit"),
        "p_timezone": data.draw(st.sampled_from(TIME_ZONES), label="time zone"),
    }
    reporting_zone = data.draw(st.sampled_from(REPORTING_ZONES), label="reporting zone")
    session_zone = data.draw(st.sampled_from(SESSION_ZONES), label="session's zone")
    span = Span.of(timedelta(days=days), as_of, now)
    drawn = habits(span, arguments["p_timezone"])
    folded, tail = data.draw(drawn, label="folded"), data.draw(drawn, label="tail")

    with activity.transaction(force_rollback=True):
        activity.execute("SELECT pg_catalog.set_config('TimeZone', %s, true)", (session_zone,))
        keep_days_of(activity, reporting_zone)
        insert(activity, folded)
        call(activity, "refresh_activity_rollups")
        insert(activity, tail)
        answer = call(activity, "get_user_engagement_metrics", p_as_of=as_of, **arguments)

    rows = [row for row, times in folded + tail for _ in range(times)]
    current = in_window(rows, timedelta(days=days), as_of, now)
    previous = in_window(rows, timedelta(days=days), span.start, now)
    assert answer == users.get_user_engagement_metrics(current, previous, **arguments)
