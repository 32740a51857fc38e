"""get_collection_activity_stats equals the oracle on any rows, folded or not, and any window."""

from dataclasses import replace
from datetime import timedelta

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle import in_window
from tests.oracles import counts
from tests.properties.test_get_ip_activity_stats import AS_OF, ZONES, groups
from tests.support.examples import EXAMPLES
from tests.support.rows import call, insert

# More than the 64 of one word.
MANY_COLLECTIONS = [f"many_{number}" for number in range(130)]


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
    folded = data.draw(groups(as_of or now, days), label="folded")
    tail = data.draw(groups(as_of or now, days), label="tail")
    if folded and data.draw(st.booleans(), label="many collections"):
        folded += [(replace(folded[0][0], collection=name), 1) for name in MANY_COLLECTIONS]
    zone = data.draw(st.sampled_from(ZONES), label="zone")
    rows = [row for row, times in folded + tail for _ in range(times)]

    with activity.transaction(force_rollback=True):
        activity.execute("SELECT pg_catalog.set_config('TimeZone', %s, true)", (zone,))
        insert(activity, folded)
        call(activity, "refresh_activity_rollups")
        insert(activity, tail)
        answer = call(activity, "get_collection_activity_stats", p_days=days, p_as_of=as_of)

    found = in_window(rows, timedelta(days=days), as_of, now)
    assert answer == counts.get_collection_activity_stats(found)
