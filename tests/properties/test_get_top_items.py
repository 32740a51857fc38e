"""get_top_items equals the oracle on any rows, folded or not, and any window."""

from datetime import timedelta

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle import Activity, in_window
from tests.oracles import rows as oracle
from tests.properties.test_get_ip_activity_stats import AS_OF, USERS, ZONES, moments
from tests.support.examples import EXAMPLES
from tests.support.rows import call, insert

ACTIONS = [*sorted(oracle.CHANGES), "login", "Update", ""]
COLLECTIONS = ["articles", "Articles", "é", ""]
ITEMS = ["1", "10", "a", "Z", "é", ""]


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_equals_the_oracle(activity: psycopg.Connection, data: st.DataObject) -> None:
    now = activity.execute("SELECT pg_catalog.now() AS now").fetchone()["now"]
    as_of = data.draw(st.sampled_from([None, AS_OF]), label="as_of")
    days = data.draw(st.sampled_from([1, 7, 30, 365]), label="days")
    arguments = {
        "p_collection": data.draw(st.sampled_from([None, None, "articles", "", "?"])),
        "p_limit": data.draw(st.sampled_from([None, 1, 2, 50])),
    }
    row = st.builds(
        Activity,
        timestamp=moments(as_of or now, days),
        action=st.sampled_from(ACTIONS),
        user=st.sampled_from(USERS),
        collection=st.sampled_from(COLLECTIONS),
        item=st.sampled_from(ITEMS),
    )
    drawn = data.draw(st.lists(st.tuples(row, st.sampled_from([1, 1, 2, 3])), max_size=40))
    zone = data.draw(st.sampled_from(ZONES), label="zone")

    with activity.transaction(force_rollback=True):
        activity.execute("SELECT pg_catalog.set_config('TimeZone', %s, true)", (zone,))
        insert(activity, drawn)
        answer = call(activity, "get_top_items", p_days=days, p_as_of=as_of, **arguments)

    rows = [row for row, times in drawn for _ in range(times)]
    found = in_window(rows, timedelta(days=days), as_of, now)
    assert answer == oracle.get_top_items(found, **arguments)
