"""get_inactive_users equals the oracle on any rows, folded or not, and any window."""

from datetime import timedelta
from uuid import UUID

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracles import users
from tests.oracles.series import Span
from tests.properties.test_get_activity_timeseries import (
    REPORTING_ZONES,
    SESSION_ZONES,
    ends,
    found_near,
    keep_days_of,
)
from tests.support.examples import EXAMPLES
from tests.support.infinity import allow_infinity
from tests.support.rows import call, insert
from tests.support.users import add_users

PEOPLE = [UUID(int=number) for number in range(1, 6)]  # two of them never act


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
    before = data.draw(st.sampled_from([0, 1, 40]), label="days before the window")
    reporting_zone = data.draw(st.sampled_from(REPORTING_ZONES), label="reporting zone")
    session_zone = data.draw(st.sampled_from(SESSION_ZONES), label="session's zone")
    registered = data.draw(st.sets(st.sampled_from(PEOPLE)), label="registered")
    span = Span.of(timedelta(days=days), as_of, now)
    row = found_near(
        Span(span.start - timedelta(days=before), span.until), "day", reporting_zone
    ) | found_near(span, "day", reporting_zone)
    drawn = st.lists(st.tuples(row, st.just(1)), max_size=6)
    folded, tail = data.draw(drawn, label="folded"), data.draw(drawn, label="tail")

    with activity.transaction(force_rollback=True):
        activity.execute("SELECT pg_catalog.set_config('TimeZone', %s, true)", (session_zone,))
        keep_days_of(activity, reporting_zone)
        add_users(activity, registered)
        insert(activity, folded)
        call(activity, "refresh_activity_rollups")
        insert(activity, tail)
        answer = call(activity, "get_inactive_users", p_days=days, p_as_of=as_of)

    rows = [row for row, _ in folded + tail if as_of is None or row.timestamp < as_of]
    assert answer == users.get_inactive_users(rows, registered, span.start, as_of or now)
