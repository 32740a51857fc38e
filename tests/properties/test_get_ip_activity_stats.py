"""get_ip_activity_stats equals the oracle on any rows and any window."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import oracle
from tests.oracle import Activity
from tests.support.examples import EXAMPLES
from tests.support.rows import call, insert

USERS = [None, *(UUID(int=number) for number in range(1, 5))]
ADDRESSES = [
    None,
    "",
    " ",
    "10.0.0.1",
    "10.0.0.10",
    "2001:db8::1",
    "2001:DB8::1",
    "unknown",
    "é",
    "Z",
    "a",
    "😀",
    "x" * 50,
]
ACTIONS = [
    "create",
    "update",
    "delete",
    "login",
    "run",
    "version_save",
    "Delete",
    "ü",
    "a\"b'c",
    "",
]
COLLECTIONS = [f"collection_{number}" for number in range(14)]
ZONES = ["UTC", "America/St_Johns", "Asia/Kathmandu"]
AS_OF = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # the night clocks go forward in Europe

microsecond = timedelta(microseconds=1)


def moments(base: datetime, days: int) -> st.SearchStrategy[datetime]:
    """At and beside both edges of the window, inside it, before it, and ahead of the clock."""
    start = base - timedelta(days=days)
    edges = [
        edge + shift for edge in (start, base) for shift in (-microsecond, timedelta(), microsecond)
    ]
    return st.sampled_from(edges) | st.datetimes(
        (start - timedelta(days=1)).replace(tzinfo=None),
        (base + timedelta(hours=1)).replace(tzinfo=None),
        timezones=st.just(UTC),
    )


@st.composite
def groups(draw: st.DrawFn, base: datetime, days: int) -> list[tuple[Activity, int]]:
    """Rows, each with how often it stands in the table.

    Often enough, and over collections and kinds of action enough, to cross every threshold.
    """
    row = st.builds(
        Activity,
        timestamp=moments(base, days),
        action=st.sampled_from(ACTIONS),
        user=st.sampled_from(USERS),
        ip=st.sampled_from(ADDRESSES),
        collection=st.sampled_from(COLLECTIONS),
    )
    times = st.sampled_from([1, 1, 1, 2, 9, 10, 11, 100, 101, 500, 501, 1001])
    found = draw(st.lists(st.tuples(row, times), max_size=40))
    for model in draw(st.lists(row, max_size=2)):
        breadth = draw(st.sampled_from([5, 6, 10, 11, 12, 29, 30, 31]))
        kinds = draw(st.integers(1, 10))
        found += [
            (
                replace(
                    model,
                    collection=f"collection_{number}",
                    action=(ACTIONS * 2)[number % kinds],
                ),
                1,
            )
            for number in range(breadth)
        ]
    return found


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
    drawn = data.draw(groups(as_of or now, days), label="rows")
    arguments = {
        "p_days": days,
        "p_min_count": data.draw(st.sampled_from([1, 2, 10, 100, 1002]), label="min_count"),
        "p_limit": data.draw(st.sampled_from([None, 1, 3, 50]), label="limit"),
        "p_as_of": as_of,
    }
    zone = data.draw(st.sampled_from(ZONES), label="zone")
    rows = [row for row, times in drawn for _ in range(times)]

    with activity.transaction(force_rollback=True):
        activity.execute("SELECT pg_catalog.set_config('TimeZone', %s, true)", (zone,))
        insert(activity, drawn)
        answer = call(activity, "get_ip_activity_stats", **arguments)

    assert answer == oracle.get_ip_activity_stats(rows, now=now, **arguments)
