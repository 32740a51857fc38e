"""What a caller may rely on: columns, types, gaps, order, and what a wrong argument raises."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.oracle import Activity
from tests.rollup_oracle import FUTURE
from tests.support.directus import QUOTED_ODD_SCHEMA
from tests.support.infinity import allow_infinity
from tests.support.rows import call, insert

AS_OF = datetime(2026, 5, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
COLUMNS = {"hour": "timestamptz", "action": "text", "count": "int8"}
TABLE = f"{QUOTED_ODD_SCHEMA}.directus_activity".replace("%", "%%")


def test_columns_and_types(activity: psycopg.Connection) -> None:
    cursor = activity.execute("SELECT * FROM get_hourly_activity()")
    types = psycopg.adapters.types
    assert {column.name: types[column.type_code].name for column in cursor.description} == COLUMNS


def test_positional_call(activity: psycopg.Connection) -> None:
    insert(activity, [(Activity(AS_OF - HOUR), 2), (Activity(AS_OF - HOUR, action="create"), 1)])
    rows = activity.execute("SELECT * FROM get_hourly_activity(1, 'update', %s)", [AS_OF])
    assert rows.fetchall() == [{"hour": AS_OF - HOUR, "action": "update", "count": 2}]


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ({"p_hours": 0}, "p_hours must be between 1 and 876000, got 0", "whole hours"),
        ({"p_hours": 876001}, "p_hours must be between 1 and 876000, got 876001", "whole hours"),
        ({"p_hours": None}, "p_hours must be between 1 and 876000, got NULL", "whole hours"),
        ({"p_as_of": "infinity"}, "p_as_of must be a finite moment", "Pass NULL"),
    ],
)
def test_wrong_argument_raises(
    activity: psycopg.Connection, arguments: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue) as raised:
        call(activity, "get_hourly_activity", **arguments)
    assert raised.value.diag.message_primary.startswith(message)
    assert hint in raised.value.diag.message_hint


@pytest.mark.parametrize("as_of", [None, AS_OF, datetime(1, 1, 1, tzinfo=UTC)])
def test_widest_window_of_nothing(activity: psycopg.Connection, as_of: datetime | None) -> None:
    assert call(activity, "get_hourly_activity", p_hours=876000, p_as_of=as_of) == []


@pytest.mark.parametrize("folds", [False, True])
def test_each_action_that_occurs_has_every_hour(activity: psycopg.Connection, folds: bool) -> None:
    """By hour, then by bytes; the cut hours at both ends are there, with what is inside."""
    as_of = AS_OF + timedelta(minutes=30)
    insert(
        activity,
        [
            (Activity(as_of - 2 * HOUR, action="a"), 1),
            (Activity(as_of - 2 * HOUR - timedelta(microseconds=1), action="b"), 1),
            (Activity(as_of - timedelta(microseconds=1), action="Z"), 2),
            (Activity(as_of, action="Z"), 4),
        ],
    )
    if folds:
        call(activity, "refresh_activity_rollups")
    rows = call(activity, "get_hourly_activity", p_hours=2, p_as_of=as_of)
    assert [tuple(row.values()) for row in rows] == [
        (AS_OF - 2 * HOUR, "Z", 0),
        (AS_OF - 2 * HOUR, "a", 1),
        (AS_OF - HOUR, "Z", 0),
        (AS_OF - HOUR, "a", 0),
        (AS_OF, "Z", 2),
        (AS_OF, "a", 0),
    ]


def test_no_bucket_begins_at_the_end(activity: psycopg.Connection) -> None:
    insert(activity, [(Activity(AS_OF - HOUR), 1)])
    rows = call(activity, "get_hourly_activity", p_hours=1, p_as_of=AS_OF)
    assert [row["hour"] for row in rows] == [AS_OF - HOUR]


def test_an_action_that_does_not_occur_has_no_row(activity: psycopg.Connection) -> None:
    insert(activity, [(Activity(AS_OF - HOUR), 1)])
    assert call(activity, "get_hourly_activity", p_action="delete", p_as_of=AS_OF) == []


@pytest.mark.parametrize("folds", [False, True])
def test_beyond_now_only_hours_with_rows(activity: psycopg.Connection, folds: bool) -> None:
    allow_infinity(activity)
    (now,) = activity.execute("SELECT pg_catalog.now() AS now").fetchone().values()
    hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    insert(activity, [(Activity(moment), 1) for moment in (now, hour + 3 * HOUR, FUTURE)])
    insert(activity, [(Activity(now, action="create"), 1)])
    if folds:
        call(activity, "refresh_activity_rollups")
    rows = call(activity, "get_hourly_activity", p_hours=1)
    assert [tuple(row.values()) for row in rows] == [
        (hour - HOUR, "create", 0),
        (hour - HOUR, "update", 0),
        (hour, "create", 1),
        (hour, "update", 1),
        (hour + 3 * HOUR, "update", 1),
        (FUTURE, "update", 1),
    ]


def test_hours_that_are_no_longer_kept_raise(activity: psycopg.Connection) -> None:
    old = AS_OF - timedelta(days=900)
    insert(activity, [(Activity(old), 1)])
    call(activity, "refresh_activity_rollups")
    activity.execute("SELECT activity_sql.drop_old_hours()")
    asked = {"p_hours": 3, "p_as_of": old + HOUR}
    assert sum(row["count"] for row in call(activity, "get_hourly_activity", **asked)) == 1
    activity.execute(f"DELETE FROM {TABLE}", ())
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState) as raised:
        call(activity, "get_hourly_activity", **asked)
    assert "activity_rollup_coverage()" in raised.value.diag.message_hint
