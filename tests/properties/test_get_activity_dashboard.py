"""get_activity_dashboard equals the oracle on any rows, folded or not, and any window."""

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracles import dashboard
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
    days = data.draw(st.sampled_from([1, 2, 7, 30, 365]), label="days")
    before = data.draw(groups(as_of or now, days), label="folded")
    after = data.draw(groups(as_of or now, days), label="tail")
    zone = data.draw(st.sampled_from(ZONES), label="zone")
    rows = [row for row, times in before + after for _ in range(times)]

    with activity.transaction(force_rollback=True):
        activity.execute("SELECT pg_catalog.set_config('TimeZone', %s, true)", (zone,))
        insert(activity, before)
        call(activity, "refresh_activity_rollups")
        insert(activity, after)
        ((answer,),) = (
            row.values()
            for row in call(activity, "get_activity_dashboard", p_days=days, p_as_of=as_of)
        )

    assert answer == dashboard.get_activity_dashboard(rows, now=now, p_days=days, p_as_of=as_of)
