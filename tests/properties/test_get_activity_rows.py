"""get_activity_rows equals the oracle on any rows, any filters, any page and any window."""

from datetime import timedelta
from itertools import accumulate

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle import Activity, in_window
from tests.oracles import rows as oracle
from tests.oracles.rows import Entry
from tests.properties.test_get_ip_activity_stats import AS_OF, USERS, ZONES, moments
from tests.support.directus import QUOTED_ODD_SCHEMA
from tests.support.examples import EXAMPLES
from tests.support.rows import call

TABLE = f"{QUOTED_ODD_SCHEMA}.directus_activity".replace("%", "%%")
ADDRESSES = [None, "", "10.0.0.1", "10.0.0.10"]
ACTIONS = ["update", "Update", ""]
COLLECTIONS = ["articles", "é"]
ITEMS = ["1", "10", ""]
TEXTS = [None, "", "<b>", "é"]


def insert(
    session: psycopg.Connection, drawn: list[tuple[Activity, str, str]], gaps: list[int]
) -> list[Entry]:
    entries = []
    for (row, user_agent, origin), number in zip(drawn, accumulate(gaps), strict=True):
        found = session.execute(
            f"""
            INSERT INTO {TABLE}
                (id, action, "user", "timestamp", ip, collection, item, user_agent, origin)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
            RETURNING id
            """,
            [
                number,
                *(row.action, row.user, row.timestamp, row.ip, row.collection, row.item),
                *(user_agent, origin),
            ],
        ).fetchone()
        entries.append(Entry(found["id"], row, user_agent, origin))
    return entries


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_equals_the_oracle(activity: psycopg.Connection, data: st.DataObject) -> None:
    now = activity.execute("SELECT pg_catalog.now() AS now").fetchone()["now"]
    as_of = data.draw(st.sampled_from([None, now, AS_OF]), label="as_of")
    days = data.draw(st.sampled_from([1, 7, 30, 365]), label="days")
    row = st.builds(
        Activity,
        timestamp=moments(as_of or now, days),
        action=st.sampled_from(ACTIONS),
        user=st.sampled_from(USERS),
        ip=st.sampled_from(ADDRESSES),
        collection=st.sampled_from(COLLECTIONS),
        item=st.sampled_from(ITEMS),
    )
    drawn = data.draw(
        st.lists(st.tuples(row, st.sampled_from(TEXTS), st.sampled_from(TEXTS)), max_size=20),
        label="rows",
    )
    if data.draw(st.booleans(), label="the newest is far from the window"):
        drawn.append((Activity(now - timedelta(days=1)), "", ""))
    limit = data.draw(st.sampled_from([None, 1, 3, 100]), label="limit")
    # So many ids are looked through at a time: rows lie on both sides of where that ends.
    step = 20_000 + 10 * (limit or 0)
    gap = st.sampled_from([1, 2, step - 1, step, step + 1])
    gaps = data.draw(st.lists(gap, min_size=len(drawn), max_size=len(drawn)), label="gaps")
    values = {
        "p_collection": COLLECTIONS,
        "p_item": ITEMS,
        "p_user": USERS,
        "p_ip": ADDRESSES,
        "p_action": ACTIONS,
    }
    filters = data.draw(st.sets(st.sampled_from(sorted(values)), max_size=2), label="filters")
    arguments = {
        name: data.draw(st.none() | st.sampled_from(values[name]), label=name)
        for name in sorted(filters)
    } | {"p_limit": limit}
    before = data.draw(st.none() | st.integers(0, 20), label="page begins before the row")
    zone = data.draw(st.sampled_from(ZONES), label="zone")

    with activity.transaction(force_rollback=True):
        activity.execute("SELECT pg_catalog.set_config('TimeZone', %s, true)", (zone,))
        entries = insert(activity, drawn, gaps)
        if before is not None:
            arguments["p_before_id"] = entries[before].id if before < len(entries) else 0
        answer = call(activity, "get_activity_rows", p_days=days, p_as_of=as_of, **arguments)

    inside = in_window((entry.row for entry in entries), timedelta(days=days), as_of, now)
    found = [entry for entry in entries if entry.row in inside]
    assert answer == oracle.get_activity_rows(found, **arguments)
