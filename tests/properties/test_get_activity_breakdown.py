"""get_activity_breakdown equals the oracle on any rows, any calendar and any window."""

from datetime import timedelta

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle import in_window
from tests.oracles import series
from tests.oracles.series import Span
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
    days = data.draw(st.sampled_from([1, 2, 7, 30, 70]), label="days")
    time_zone = data.draw(st.sampled_from(TIME_ZONES), label="time zone")
    reporting_zone = data.draw(st.sampled_from(REPORTING_ZONES), label="reporting zone")
    session_zone = data.draw(st.sampled_from(SESSION_ZONES), label="session's zone")
    span = Span.of(timedelta(days=days), as_of, now)
    drawn = st.lists(
        st.tuples(found_near(span, "day", time_zone), st.sampled_from([1, 1, 2])), max_size=15
    )
    folded, tail = data.draw(drawn, label="folded"), data.draw(drawn, label="tail")

    with activity.transaction(force_rollback=True):
        activity.execute("SELECT pg_catalog.set_config('TimeZone', %s, true)", (session_zone,))
        keep_days_of(activity, reporting_zone)
        insert(activity, folded)
        call(activity, "refresh_activity_rollups")
        insert(activity, tail)
        answer = call(
            activity,
            "get_activity_breakdown",
            p_days=days,
            p_timezone=time_zone,
            p_as_of=as_of,
        )

    rows = [row for row, times in folded + tail for _ in range(times)]
    found = in_window(rows, timedelta(days=days), as_of, now)
    assert answer == series.get_activity_breakdown(found, time_zone)
