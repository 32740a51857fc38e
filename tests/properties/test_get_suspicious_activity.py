"""get_suspicious_activity equals the oracle on any rows, folded or not, and any window."""

from datetime import timedelta

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle import in_window
from tests.oracles import security
from tests.properties.test_get_ip_activity_stats import AS_OF, ZONES, groups
from tests.support.examples import EXAMPLES
from tests.support.rows import call, insert


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_equals_the_oracle(activity: psycopg.Connection, data: st.DataObject) -> None:
    now = activity.execute("SELECT pg_catalog.now() AS now").fetchone()["now"]
    as_of = data.draw(st.sampled_from([None, AS_OF]), label="as_of")
    days = data.draw(st.sampled_from([1, 1, 2, 30]), label="days")
    hours = data.draw(
        st.sampled_from([days * 24, days * 24 - 1]) | st.integers(1, days * 24), label="hours"
    )
    base = (as_of or now) + timedelta(days=days) - timedelta(hours=hours)
    edges = groups(as_of or now, days) | groups(base, days)
    folded, tail = data.draw(edges, label="folded"), data.draw(edges, label="tail")
    threshold = data.draw(st.sampled_from([1, 2, 10, 100, 1002]), label="threshold")
    zone = data.draw(st.sampled_from(ZONES), label="zone")
    rows = [row for row, times in folded + tail for _ in range(times)]

    with activity.transaction(force_rollback=True):
        activity.execute("SELECT pg_catalog.set_config('TimeZone', %s, true)", (zone,))
        insert(activity, folded)
        call(activity, "refresh_activity_rollups")
        insert(activity, tail)
        answer = call(
            activity,
            "get_suspicious_activity",
            p_hours=hours,
            p_threshold=threshold,
            p_as_of=as_of,
        )

    found = in_window(rows, timedelta(hours=hours), as_of, now)
    assert answer == security.get_suspicious_activity(found, hours, threshold)
