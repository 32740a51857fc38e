"""get_activity_trends equals the oracle on any rows, folded or not, and any two windows."""

from dataclasses import replace
from datetime import timedelta

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle import Activity, in_window
from tests.oracles import counts
from tests.properties.test_get_ip_activity_stats import AS_OF, ZONES, groups
from tests.support.examples import EXAMPLES
from tests.support.rows import call, insert


@st.composite
def two_windows(
    draw: st.DrawFn, found: list[tuple[Activity, int]], days: int
) -> list[tuple[Activity, int]]:
    """The rows, and some of them a window earlier, about as often."""
    earlier = []
    for row, times in found:
        if draw(st.booleans()):
            again = max(1, times + draw(st.sampled_from([0, 1, -1, times // 10, -times // 10])))
            earlier.append((replace(row, timestamp=row.timestamp - timedelta(days=days)), again))
    return found + earlier


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_equals_the_oracle(activity: psycopg.Connection, data: st.DataObject) -> None:
    now = activity.execute("SELECT pg_catalog.now() AS now").fetchone()["now"]
    as_of = data.draw(st.sampled_from([None, AS_OF]), label="as_of")
    days = data.draw(st.sampled_from([1, 2, 7, 30, 365]), label="days")
    folded, tail = (
        data.draw(groups(as_of or now, days).flatmap(lambda found: two_windows(found, days)))
        for _ in range(2)
    )
    arguments = {
        "p_by": data.draw(st.sampled_from(["collection", "action", "ip", "user"]), label="by"),
        "p_limit": data.draw(st.sampled_from([None, 1, 3, 100]), label="limit"),
    }
    zone = data.draw(st.sampled_from(ZONES), label="zone")
    rows = [row for row, times in folded + tail for _ in range(times)]

    with activity.transaction(force_rollback=True):
        activity.execute("SELECT pg_catalog.set_config('TimeZone', %s, true)", (zone,))
        insert(activity, folded)
        call(activity, "refresh_activity_rollups")
        insert(activity, tail)
        answer = call(activity, "get_activity_trends", p_days=days, p_as_of=as_of, **arguments)

    length = timedelta(days=days)
    current = in_window(rows, length, as_of, now)
    previous = in_window(rows, length, (as_of or now) - length, now)
    assert answer == counts.get_activity_trends(current, previous, **arguments)
