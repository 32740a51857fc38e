"""What a caller may rely on: columns, calendars, gaps, and what a wrong argument raises."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.oracle import Activity
from tests.oracles import series
from tests.rollup_oracle import FUTURE
from tests.support.directus import QUOTED_ODD_SCHEMA
from tests.support.infinity import allow_infinity
from tests.support.rows import call, insert

AS_OF = datetime(2026, 5, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
COLUMNS = {
    "bucket": "timestamptz",
    "total": "int8",
    "unique_users": "int8",
    "unique_ips": "int8",
    "by_action": "jsonb",
}
EMPTY = {"total": 0, "unique_users": 0, "unique_ips": 0, "by_action": {}}
TABLE = f"{QUOTED_ODD_SCHEMA}.directus_activity".replace("%", "%%")


def starts(activity: psycopg.Connection, **arguments: Any) -> list[datetime]:
    """When the buckets begin, in UTC: two of one clock time differ."""
    allow_infinity(activity)
    return [row["bucket"] for row in call(activity, "get_activity_timeseries", **arguments)]


def test_columns_and_types(activity: psycopg.Connection) -> None:
    cursor = activity.execute("SELECT * FROM get_activity_timeseries()")
    types = psycopg.adapters.types
    assert {column.name: types[column.type_code].name for column in cursor.description} == COLUMNS


def test_positional_call(activity: psycopg.Connection) -> None:
    insert(activity, [(Activity(AS_OF - HOUR, action="create"), 3)])
    rows = activity.execute(
        "SELECT * FROM get_activity_timeseries(1, 'day', 'articles', 'create', 'UTC', %s)", [AS_OF]
    ).fetchall()
    assert rows == [
        {
            "bucket": AS_OF - DAY,
            "total": 3,
            "unique_users": 0,
            "unique_ips": 0,
            "by_action": {"create": 3},
        }
    ]


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ({"p_days": 0}, "p_days must be between 1 and 36500, got 0", "whole days"),
        ({"p_days": None}, "p_days must be between 1 and 36500, got NULL", "whole days"),
        (
            {"p_bucket": "year"},
            "p_bucket must be one of day, hour, week, month, got year",
            "Pass for example 'day'.",
        ),
        ({"p_bucket": "Day"}, "p_bucket must be one of day, hour, week, month, got Day", "Pass"),
        ({"p_bucket": None}, "p_bucket must be one of day, hour, week, month, got NULL", "Pass"),
        (
            {"p_timezone": "Europe/Berln1"},
            "p_timezone must be an IANA time zone, got Europe/Berln1",
            "pg_timezone_names",
        ),
        ({"p_timezone": "UTC+2"}, "p_timezone must be an IANA time zone, got UTC+2", "Pass UTC"),
        ({"p_timezone": "+02:00"}, "p_timezone must be an IANA time zone, got +02:00", "Pass UTC"),
        ({"p_timezone": "CEST"}, "p_timezone must be an IANA time zone, got CEST", "Pass UTC"),
        # A zone with summer time, but to PostgreSQL first an abbreviation without it.
        ({"p_timezone": "CET"}, "p_timezone must be an IANA time zone, got CET", "Pass UTC"),
        ({"p_timezone": ""}, "p_timezone must be an IANA time zone, got ", "Pass UTC"),
        ({"p_timezone": None}, "p_timezone must be an IANA time zone, got NULL", "Pass UTC"),
        ({"p_as_of": "infinity"}, "p_as_of must be a finite moment", "Pass NULL"),
    ],
)
def test_wrong_argument_raises(
    activity: psycopg.Connection, arguments: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue) as raised:
        call(activity, "get_activity_timeseries", **arguments)
    assert raised.value.diag.message_primary.startswith(message)
    assert hint in raised.value.diag.message_hint


@pytest.mark.parametrize("as_of", ["now", "2026-05-01 00:00+00", "0001-01-01 00:00+00"])
@pytest.mark.parametrize("time_zone", ["UTC", "Asia/Kolkata", "Europe/Amsterdam"])
def test_widest_window_of_nothing(activity: psycopg.Connection, as_of: str, time_zone: str) -> None:
    """A hundred years have zeros. A datetime in Python has no year before the first."""
    answer = activity.execute(
        """
        SELECT pg_catalog.count(*) AS months, pg_catalog.sum(total) AS total
        FROM get_activity_timeseries(36500, 'month', p_timezone => %s, p_as_of => %s)
        """,
        [time_zone, None if as_of == "now" else as_of],
    ).fetchone()
    assert answer["months"] in (1200, 1201)
    assert answer["total"] == 0


def test_gaps_are_zeros(activity: psycopg.Connection) -> None:
    insert(activity, [(Activity(AS_OF - 2 * DAY, ip="10.0.0.1", user=UUID(int=1)), 1)])
    rows = call(activity, "get_activity_timeseries", p_days=3, p_as_of=AS_OF)
    assert rows == [
        {"bucket": AS_OF - 3 * DAY, **EMPTY},
        {
            "bucket": AS_OF - 2 * DAY,
            "total": 1,
            "unique_users": 1,
            "unique_ips": 1,
            "by_action": {"update": 1},
        },
        {"bucket": AS_OF - DAY, **EMPTY},
    ]


@pytest.mark.parametrize("filter_", [{"p_collection": "?"}, {"p_action": "?"}])
def test_what_is_unknown_gives_zeros(activity: psycopg.Connection, filter_: dict[str, str]) -> None:
    insert(activity, [(Activity(AS_OF - HOUR, ip="10.0.0.1"), 1)])
    call(activity, "refresh_activity_rollups")
    insert(activity, [(Activity(AS_OF - HOUR, ip="10.0.0.2"), 1)])
    rows = call(activity, "get_activity_timeseries", p_days=1, p_as_of=AS_OF, **filter_)
    assert rows == [{"bucket": AS_OF - DAY, **EMPTY}]


@pytest.mark.parametrize("folds", [False, True])
@pytest.mark.parametrize(
    ("filter_", "total", "users"),
    [
        ({}, 8, 3),
        ({"p_collection": "pages"}, 6, 2),
        ({"p_action": "create"}, 4, 2),
        ({"p_collection": "pages", "p_action": "create"}, 3, 1),
    ],
)
def test_filters_and_nobody(
    activity: psycopg.Connection, folds: bool, filter_: dict[str, str], total: int, users: int
) -> None:
    """Of whole days and of their hours: who is NULL is nobody, who did something else is not in."""
    who = [(None, None), (UUID(int=1), "10.0.0.1")]
    rows = [
        Activity(AS_OF - 12 * HOUR, action=action, user=user, ip=ip, collection="pages")
        for action in ("create", "update")
        for user, ip in who
    ]
    rows += [
        Activity(AS_OF - 12 * HOUR, action="create", collection="pages"),
        Activity(AS_OF - 12 * HOUR, "update", UUID(int=2), "10.0.0.2", "pages"),
        Activity(AS_OF - 12 * HOUR, "create", UUID(int=3), "10.0.0.3", "articles"),
        Activity(AS_OF - 12 * HOUR, "update", UUID(int=3), "10.0.0.3", "articles"),
    ]
    insert(activity, [(row, 1) for row in rows])
    if folds:
        call(activity, "refresh_activity_rollups")
    for asked in ({}, {"p_bucket": "month"}, {"p_timezone": "Europe/London"}):
        answer = call(
            activity, "get_activity_timeseries", p_days=1, p_as_of=AS_OF, **filter_, **asked
        )
        assert [
            (row["total"], row["unique_users"], row["unique_ips"]) for row in answer if row["total"]
        ] == [(total, users, users)]


@pytest.mark.parametrize("folds", [False, True])
def test_the_first_and_the_last_bucket_are_cut(activity: psycopg.Connection, folds: bool) -> None:
    as_of = AS_OF + timedelta(hours=7, minutes=41)
    day = timedelta(days=1)
    insert(activity, [(Activity(AS_OF - day + number * HOUR), 1) for number in range(48)])
    if folds:
        call(activity, "refresh_activity_rollups")
    rows = call(activity, "get_activity_timeseries", p_days=1, p_as_of=as_of)
    assert [(row["bucket"], row["total"]) for row in rows] == [(AS_OF - day, 16), (AS_OF, 8)]


def test_a_user_of_several_days_is_one_of_the_week(activity: psycopg.Connection) -> None:
    monday = datetime(2026, 4, 20, tzinfo=UTC)
    insert(
        activity,
        [
            (Activity(monday + number * DAY, user=UUID(int=1), ip=f"10.0.0.{number % 2}"), 1)
            for number in range(7)
        ],
    )
    call(activity, "refresh_activity_rollups")
    (row,) = call(activity, "get_activity_timeseries", p_bucket="week", p_as_of=monday + 7 * DAY)
    assert (row["bucket"], row["total"]) == (monday, 7)
    assert (row["unique_users"], row["unique_ips"]) == (1, 2)


@pytest.mark.parametrize("folds", [False, True])
def test_beyond_now_only_buckets_with_rows(activity: psycopg.Connection, folds: bool) -> None:
    allow_infinity(activity)
    (now,) = activity.execute("SELECT pg_catalog.now() AS now").fetchone().values()
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    insert(activity, [(Activity(moment), 1) for moment in (now, now + 5 * DAY, FUTURE)])
    if folds:
        call(activity, "refresh_activity_rollups")
    rows = call(activity, "get_activity_timeseries", p_days=1)
    assert [(row["bucket"], row["total"]) for row in rows] == [
        (today - DAY, 0),
        (today, 1),
        (today + 5 * DAY, 1),
        (FUTURE, 1),
    ]


@pytest.mark.parametrize(
    ("time_zone", "end", "hours"),
    [
        ("Europe/Berlin", datetime(2026, 3, 29, 22, tzinfo=UTC), 23),
        ("Europe/Berlin", datetime(2026, 10, 25, 23, tzinfo=UTC), 25),
        ("Asia/Kathmandu", datetime(2026, 5, 1, 18, 15, tzinfo=UTC), 24),
    ],
)
def test_hours_of_a_day(
    activity: psycopg.Connection, time_zone: str, end: datetime, hours: int
) -> None:
    """Each hour by its own offset: of the two from 2 to 3 o'clock, each is one."""
    first = end - hours * HOUR
    insert(activity, [(Activity(first + number * HOUR), 1) for number in range(hours)])
    arguments = {"p_days": 2, "p_timezone": time_zone, "p_as_of": end}
    allow_infinity(activity)
    rows = call(activity, "get_activity_timeseries", p_bucket="hour", **arguments)
    assert [row["bucket"] for row in rows if row["total"]] == [
        first + number * HOUR for number in range(hours)
    ]
    rows = call(activity, "get_activity_timeseries", **arguments)
    assert [(row["bucket"], row["total"]) for row in rows if row["total"]] == [(first, hours)]


def test_where_midnight_does_not_exist(activity: psycopg.Connection) -> None:
    """Havana, 2024-03-10: 23:59 is followed by 01:00."""
    assert starts(
        activity,
        p_days=2,
        p_timezone="America/Havana",
        p_as_of=datetime(2024, 3, 11, 4, tzinfo=UTC),
    ) == [
        datetime(2024, 3, 9, 5, tzinfo=UTC) - DAY,  # an hour of the 8th
        datetime(2024, 3, 9, 5, tzinfo=UTC),
        datetime(2024, 3, 10, 5, tzinfo=UTC),
    ]


def test_where_midnight_comes_twice(activity: psycopg.Connection) -> None:
    """Havana, 2024-11-03: 00:59 is followed by 00:00, of the same day."""
    allow_infinity(activity)
    first = datetime(2024, 11, 3, 4, tzinfo=UTC)
    insert(activity, [(Activity(first + number * HOUR), 1) for number in range(-1, 26)])
    rows = call(
        activity,
        "get_activity_timeseries",
        p_days=2,
        p_timezone="America/Havana",
        p_as_of=first + 26 * HOUR,
    )
    assert [(row["bucket"], row["total"]) for row in rows] == [
        (first - DAY, 1),
        (first, 25),
        (first + 25 * HOUR, 1),
    ]


@pytest.mark.parametrize("bucket", ["hour", "day"])
def test_an_offset_that_begins_to_cut_hours_at_the_end(
    activity: psycopg.Connection, bucket: str
) -> None:
    """Lord Howe: from +11 to +10:30 on 2026-04-04 at 15:00 UTC."""
    allow_infinity(activity)
    change = datetime(2026, 4, 4, 15, tzinfo=UTC)
    quarter = timedelta(minutes=15)
    rows = [Activity(change + number * quarter) for number in range(-96, 96)]
    insert(activity, [(row, 1) for row in rows])
    call(activity, "refresh_activity_rollups")
    answer = call(
        activity,
        "get_activity_timeseries",
        p_days=2,
        p_bucket=bucket,
        p_timezone="Australia/Lord_Howe",
        p_as_of=change + DAY,
    )
    starts = [series.bucket_of(row.timestamp, bucket, "Australia/Lord_Howe") for row in rows]
    assert {row["bucket"]: row["total"] for row in answer if row["total"]} == Counter(starts)


def test_a_bucket_without_a_moment_of_the_window_is_not_there(
    activity: psycopg.Connection,
) -> None:
    """Lord Howe's clocks went back half an hour at 15:00: the hour after began at 14:30."""
    changed = datetime(2026, 4, 4, 15, tzinfo=UTC)
    arguments = {"p_days": 1, "p_bucket": "hour", "p_timezone": "Australia/Lord_Howe"}
    assert starts(activity, **arguments, p_as_of=changed) == [
        changed - 24 * HOUR + number * HOUR for number in range(24)
    ]
    minutes = timedelta(minutes=10)
    assert starts(activity, **arguments, p_as_of=changed + minutes + DAY)[:2] == [
        changed - HOUR / 2,
        changed + HOUR / 2,
    ]


def test_a_date_that_the_calendar_skipped_has_no_bucket(activity: psycopg.Connection) -> None:
    """Apia went from 29 to 31 December 2011 over the date line."""
    midnight = datetime(2011, 12, 30, 10, tzinfo=UTC)
    assert starts(activity, p_days=2, p_timezone="Pacific/Apia", p_as_of=midnight + DAY) == [
        midnight - DAY,
        midnight,
    ]


def test_weeks_begin_on_monday_and_months_on_the_first(activity: psycopg.Connection) -> None:
    asked = {"p_days": 31, "p_timezone": "Europe/Berlin"}
    end = datetime(2026, 4, 6, 22, tzinfo=UTC)  # Tuesday in Berlin
    assert starts(activity, p_bucket="week", p_as_of=end, **asked) == [
        datetime(2026, 3, 1, 23, tzinfo=UTC),
        datetime(2026, 3, 8, 23, tzinfo=UTC),
        datetime(2026, 3, 15, 23, tzinfo=UTC),
        datetime(2026, 3, 22, 23, tzinfo=UTC),
        datetime(2026, 3, 29, 22, tzinfo=UTC),
        datetime(2026, 4, 5, 22, tzinfo=UTC),
    ]
    assert starts(activity, p_bucket="month", p_as_of=end, **asked) == [
        datetime(2026, 2, 28, 23, tzinfo=UTC),
        datetime(2026, 3, 31, 22, tzinfo=UTC),
    ]


@pytest.mark.parametrize("time_zone", ["Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns"])
def test_a_zone_that_cuts_hours_needs_the_rows(
    activity: psycopg.Connection, time_zone: str
) -> None:
    insert(activity, [(Activity(AS_OF - HOUR), 1)])
    call(activity, "refresh_activity_rollups")
    asked = {"p_days": 2, "p_timezone": time_zone, "p_as_of": AS_OF}
    assert sum(row["total"] for row in call(activity, "get_activity_timeseries", **asked)) == 1

    activity.execute(f"DELETE FROM {TABLE}", ())
    with (
        activity.transaction(),
        pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState) as raised,
        activity.transaction(),
    ):
        call(activity, "get_activity_timeseries", **asked)
    assert "days or months of UTC" in raised.value.diag.message_hint
    rows = call(activity, "get_activity_timeseries", **asked | {"p_timezone": "UTC"})
    assert sum(row["total"] for row in rows) == 1


def test_another_zone_needs_no_rows_while_hours_are_kept(activity: psycopg.Connection) -> None:
    insert(activity, [(Activity(AS_OF - HOUR), 1)])
    call(activity, "refresh_activity_rollups")
    activity.execute(f"DELETE FROM {TABLE}", ())
    rows = call(activity, "get_activity_timeseries", p_timezone="Europe/Berlin", p_as_of=AS_OF)
    assert [row["total"] for row in rows] == [0, 0, 0, 0, 0, 0, 0, 1]


def test_a_late_row_is_in_its_day(activity: psycopg.Connection) -> None:
    """Its day was counted at the fold, and it is not folded yet; its user and address are known."""
    noon = AS_OF - 12 * HOUR
    late = Activity(noon, "login", UUID(int=2), ip="10.0.0.2")
    insert(activity, [(Activity(noon, "create", UUID(int=1), ip="10.0.0.1"), 1)])
    insert(activity, [(replace(late, timestamp=noon - 9 * DAY), 1)])
    call(activity, "refresh_activity_rollups")
    insert(activity, [(late, 1)])
    (day,) = call(activity, "get_activity_timeseries", p_days=1, p_as_of=AS_OF)
    assert (day["total"], day["unique_users"], day["unique_ips"]) == (2, 2, 2)
    assert day["by_action"] == {"create": 1, "login": 1}


def test_months_are_not_put_together(activity: psycopg.Connection) -> None:
    """A trailing window lies in two of them."""
    insert(activity, [(Activity(AS_OF - 32 * DAY), 2), (Activity(AS_OF - 5 * DAY), 3)])
    call(activity, "refresh_activity_rollups")
    activity.execute("SELECT activity_sql.configure(p_trailing_days => '{40}')")
    activity.execute("SELECT activity_sql.keep_trailing(%s)", [(AS_OF - DAY).date()])
    rows = call(activity, "get_activity_timeseries", p_days=40, p_bucket="month", p_as_of=AS_OF)
    assert [row["total"] for row in rows] == [2, 3]
