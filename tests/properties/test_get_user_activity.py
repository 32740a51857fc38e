"""get_user_activity equals the oracle on any rows, folded or not, and any window."""

from datetime import timedelta
from uuid import UUID

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle import in_window
from tests.oracles import users
from tests.properties.test_get_ip_activity_stats import AS_OF, ZONES, groups
from tests.support.rows import call, insert
from tests.support.users import add_users

PEOPLE = [UUID(int=number) for number in range(1, 7)]  # two of them never act


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_equals_the_oracle(activity: psycopg.Connection, data: st.DataObject) -> None:
    now = activity.execute("SELECT pg_catalog.now() AS now").fetchone()["now"]
    as_of = data.draw(st.sampled_from([None, AS_OF]), label="as_of")
    days = data.draw(st.sampled_from([1, 2, 7, 30, 365]), label="days")
    folded = data.draw(groups(as_of or now, days), label="folded")
    tail = data.draw(groups(as_of or now, days), label="tail")
    user = data.draw(st.sampled_from(PEOPLE), label="user")
    registered = data.draw(st.sets(st.sampled_from(PEOPLE)), label="registered")
    zone = data.draw(st.sampled_from(ZONES), label="zone")
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
