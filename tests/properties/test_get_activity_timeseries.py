"""get_activity_timeseries equals the oracle on any rows, any calendar and any window."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle import Activity, in_window
from tests.oracles import series
from tests.oracles.series import Span, bucket_of, microsecond
from tests.support.examples import EXAMPLES
from tests.support.infinity import allow_infinity
from tests.support.rows import call, insert

USERS = [None, *(UUID(int=number) for number in range(1, 4))]
ADDRESSES = [None, "", "10.0.0.1", "10.0.0.2", "é"]
ACTIONS = ["create", "update", "login", "ü", ""]
COLLECTIONS = ["articles", "pages", "directus_users"]
BUCKETS = ["hour", "day", "week", "month"]

# Of whole hours, of which one may be the reporting one, then of half and quarter hours.
REPORTING_ZONES = ["UTC", "Europe/Berlin", "America/Havana"]
TIME_ZONES = [
    *REPORTING_ZONES,
    "America/Santiago",  # 24:00 is followed by 23:00, or by 01:00
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Australia/Lord_Howe",  # clocks move by half an hour
]
SESSION_ZONES = ["UTC", "America/St_Johns", "Asia/Kathmandu"]

# Where months, years and clocks turn.
ENDS = [
    datetime(2024, 3, 1, tzinfo=UTC),  # after 29 February
    datetime(2024, 3, 10, 5, tzinfo=UTC),  # Havana: no midnight
    datetime(2024, 11, 3, 5, tzinfo=UTC),  # Havana: the second midnight of the day
    datetime(2026, 3, 29, 1, tzinfo=UTC),  # Berlin: clocks go forward
    datetime(2026, 10, 25, 1, tzinfo=UTC),  # Berlin: clocks go back
    datetime(2026, 9, 6, 4, tzinfo=UTC),  # Santiago: no midnight
    datetime(2026, 4, 5, 3, tzinfo=UTC),  # Santiago: 23:00 for the second time
    datetime(2026, 4, 4, 15, tzinfo=UTC),  # Lord Howe: clocks go back
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),  # Lord Howe: clocks go forward
    datetime(2025, 1, 1, tzinfo=UTC),
]
SHIFTS = [
    timedelta(),
    microsecond,
    -microsecond,
    timedelta(minutes=15),
    timedelta(hours=7, minutes=41),
    timedelta(days=1),
    timedelta(days=20),
]


def ends() -> st.SearchStrategy[datetime | None]:
    return st.none() | st.builds(
        lambda end, shift: end + shift, st.sampled_from(ENDS), st.sampled_from(SHIFTS)
    )


@st.composite
def found_near(draw: st.DrawFn, span: Span, bucket: str, time_zone: str) -> Activity:
    """At and beside both edges and where buckets begin, anywhere inside, and ahead of the clock."""
    moment = draw(
        st.sampled_from([span.start, span.until])
        | st.datetimes(
            (span.start - timedelta(days=1)).replace(tzinfo=None),
            (span.until + timedelta(days=3)).replace(tzinfo=None),
            timezones=st.just(UTC),
        )
        | st.sampled_from(ENDS).filter(lambda end: span.start <= end < span.until)
        if any(span.start <= end < span.until for end in ENDS)
        else st.sampled_from([span.start, span.until])
    )
    if draw(st.booleans()):
        moment = bucket_of(moment, bucket, time_zone)
    return Activity(
        timestamp=moment + draw(st.sampled_from([timedelta(), microsecond, -microsecond])),
        action=draw(st.sampled_from(ACTIONS)),
        user=draw(st.sampled_from(USERS)),
        ip=draw(st.sampled_from(ADDRESSES)),
        collection=draw(st.sampled_from(COLLECTIONS)),
    )


def keep_days_of(session: psycopg.Connection, time_zone: str) -> None:
    # Not by configure's argument: it would look at every hour of 28 years each time.
    session.execute("UPDATE activity_sql.setting SET time_zone = %s", [time_zone])
    session.execute("SELECT activity_sql.configure()")


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
    arguments = {
        "p_bucket": data.draw(st.sampled_from(BUCKETS), label="bucket"),
        "p_collection": data.draw(st.sampled_from([None, None, "pages", "?"]), label="collection"),
        "p_action": data.draw(st.sampled_from([None, None, "update", "", "?"]), label="action"),
        "p_timezone": data.draw(st.sampled_from(TIME_ZONES), label="time zone"),
    }
    reporting_zone = data.draw(st.sampled_from(REPORTING_ZONES), label="reporting zone")
    session_zone = data.draw(st.sampled_from(SESSION_ZONES), label="session's zone")
    span = Span.of(timedelta(days=days), as_of, now)
    drawn = st.lists(found_near(span, arguments["p_bucket"], arguments["p_timezone"]), max_size=15)
    folded, tail = data.draw(drawn, label="folded"), data.draw(drawn, label="tail")

    with activity.transaction(force_rollback=True):
        activity.execute("SELECT pg_catalog.set_config('TimeZone', %s, true)", (session_zone,))
        keep_days_of(activity, reporting_zone)
        insert(activity, [(row, 1) for row in folded])
        call(activity, "refresh_activity_rollups")
        insert(activity, [(row, 1) for row in tail])
        answer = call(activity, "get_activity_timeseries", p_days=days, p_as_of=as_of, **arguments)

    rows = in_window(folded + tail, timedelta(days=days), as_of, now)
    assert answer == series.get_activity_timeseries(rows, span, **arguments)
