"""get_user_activity equals the oracle on any rows, folded or not, and any window."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle import in_window
from tests.oracles import users
from tests.oracles.series import Span
from tests.properties.test_get_activity_timeseries import SESSION_ZONES, ends, found_near
from tests.support.examples import EXAMPLES
from tests.support.rows import call, insert
from tests.support.users import add_users

PEOPLE = ANA, BEN, EVE = [UUID(int=number) for number in (1, 2, 3)]  # Eve never acts


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_equals_the_oracle(activity: psycopg.Connection, data: st.DataObject) -> None:
    now = activity.execute("SELECT pg_catalog.now() AS now").fetchone()["now"]
    as_of = data.draw(ends(), label="as_of")
    days = data.draw(st.sampled_from([1, 2, 7, 30, 70]), label="days")
    row = st.builds(
        replace,
        found_near(Span.of(timedelta(days=days), as_of, now), "day", "UTC"),
        user=st.sampled_from([ANA, ANA, BEN, None]),
    )
    times = st.sampled_from([1, 1, 2, 9])
    drawn = st.lists(st.tuples(row, times), max_size=15) | st.lists(
        st.tuples(row, times), min_size=10, max_size=15
    )
    folded, tail = data.draw(drawn, label="folded"), data.draw(drawn, label="tail")
    user = data.draw(st.sampled_from([ANA, ANA, BEN, EVE]), label="user")
    registered = data.draw(st.sets(st.sampled_from(PEOPLE)), label="registered")
    zone = data.draw(st.sampled_from(SESSION_ZONES), label="zone")
    rows = [row for row, times in folded + tail for _ in range(times)]

    with activity.transaction(force_rollback=True):
        activity.execute("SELECT pg_catalog.set_config('TimeZone', %s, true)", (zone,))
        add_users(activity, registered)
        insert(activity, folded)
        call(activity, "refresh_activity_rollups")
        insert(activity, tail)
        ((answer,),) = (
            row.values()
            for row in call(activity, "get_user_activity", p_user=user, p_days=days, p_as_of=as_of)
        )

    found = in_window(rows, timedelta(days=days), as_of, now)
    known = registered | {row.user for row in rows}
    assert answer == users.get_user_activity(found, user, known, days)
