"""What a caller may rely on: columns, what last_seen means, and what a wrong argument raises."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.oracle import Activity
from tests.rollup_oracle import PAST
from tests.support.contract import exclude, refuses, types_of
from tests.support.directus import QUOTED_ODD_SCHEMA
from tests.support.infinity import allow_infinity
from tests.support.rows import call, insert
from tests.support.users import add_users

NAME = "get_inactive_users"
AS_OF = datetime(2026, 5, 1, tzinfo=UTC)
ANA, BEN, EVE = UUID(int=1), UUID(int=2), UUID(int=3)
COLUMNS = {"user_id": "uuid", "last_seen": "timestamptz", "days_inactive": "int8"}
TABLE = f"{QUOTED_ODD_SCHEMA}.directus_users"


def ago(**length: float) -> datetime:
    return AS_OF - timedelta(**length)


def test_columns_and_types(activity: psycopg.Connection) -> None:
    assert types_of(activity, NAME) == COLUMNS


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ({"p_days": 0}, "p_days must be between 1 and 36500, got 0", "whole days"),
        ({"p_days": 36501}, "p_days must be between 1 and 36500, got 36501", "whole days"),
        ({"p_days": None}, "p_days must be between 1 and 36500, got NULL", "whole days"),
        ({"p_as_of": "infinity"}, "p_as_of must be a finite moment", "Pass NULL"),
    ],
)
def test_wrong_argument_raises(
    activity: psycopg.Connection, arguments: dict[str, Any], message: str, hint: str
) -> None:
    refuses(activity, NAME, message, hint, **arguments)


@pytest.mark.parametrize("as_of", [None, AS_OF, datetime(1, 1, 1, tzinfo=UTC)])
def test_widest_window(activity: psycopg.Connection, as_of: datetime | None) -> None:
    assert call(activity, NAME, p_days=36500, p_as_of=as_of) == []


def test_longest_silent_first(activity: psycopg.Connection) -> None:
    """Never seen before all; who is not in directus_users is not asked about."""
    add_users(activity, [UUID(int=number) for number in range(1, 6)])
    insert(
        activity,
        [
            (Activity(ago(days=100, seconds=1), user=UUID(int=1)), 1),
            (Activity(ago(days=200), user=UUID(int=2)), 1),
            (Activity(ago(days=90), user=UUID(int=3)), 1),
            (Activity(ago(days=300), user=UUID(int=9)), 1),
        ],
    )
    assert call(activity, NAME, p_as_of=AS_OF) == [
        {"user_id": UUID(int=4), "last_seen": None, "days_inactive": None},
        {"user_id": UUID(int=5), "last_seen": None, "days_inactive": None},
        {"user_id": UUID(int=2), "last_seen": ago(days=200), "days_inactive": 200},
        {"user_id": UUID(int=1), "last_seen": ago(days=100, seconds=1), "days_inactive": 100},
    ]


@pytest.mark.parametrize("folded", [False, True])
def test_in_the_past_later_rows_are_not_known_yet(
    activity: psycopg.Connection, folded: bool
) -> None:
    add_users(activity, [ANA])
    rows = [Activity(moment, user=ANA) for moment in (ago(days=95), ago(days=-1))]
    insert(activity, [(row, 1) for row in rows])
    if folded:
        call(activity, "refresh_activity_rollups")
    (row,) = call(activity, NAME, p_as_of=AS_OF)
    assert (row["last_seen"], row["days_inactive"]) == (ago(days=95), 95)
    assert call(activity, NAME, p_as_of=ago(days=-2)) == []


def test_a_day_is_24_hours_whatever_the_clocks_do(activity: psycopg.Connection) -> None:
    activity.execute("SELECT pg_catalog.set_config('TimeZone', 'Europe/Berlin', true)")
    add_users(activity, [ANA])
    insert(activity, [(Activity(datetime(2026, 3, 28, 12, tzinfo=UTC), user=ANA), 1)])
    (row,) = call(activity, NAME, p_days=1, p_as_of=datetime(2026, 3, 30, 11, 59, tzinfo=UTC))
    assert row["days_inactive"] == 1


def test_rows_that_retention_deleted_are_remembered(activity: psycopg.Connection) -> None:
    add_users(activity, [ANA])
    insert(activity, [(Activity(ago(days=900), user=ANA), 1)])
    call(activity, "refresh_activity_rollups")
    activity.execute(f"DELETE FROM {QUOTED_ODD_SCHEMA}.directus_activity".encode())
    (row,) = call(activity, NAME, p_as_of=AS_OF)
    assert row["last_seen"] == ago(days=900)


@pytest.mark.parametrize("folded", [False, True])
def test_the_beginning_of_time_is_no_number_of_days_ago(
    activity: psycopg.Connection, folded: bool
) -> None:
    allow_infinity(activity)
    add_users(activity, [ANA])
    insert(activity, [(Activity(PAST, user=ANA), 1)])
    if folded:
        call(activity, "refresh_activity_rollups")
    assert call(activity, NAME) == [{"user_id": ANA, "last_seen": PAST, "days_inactive": None}]


@pytest.mark.parametrize("folded", [False, True])
def test_the_excluded_are_left_out(activity: psycopg.Connection, folded: bool) -> None:
    """A service account is not inactive; whoever only had flows run for him is."""
    exclude(activity, actions=["run"], users=[BEN])
    add_users(activity, [ANA, BEN, EVE])
    insert(activity, [(Activity(ago(days=1), "run", ANA), 1), (Activity(ago(days=1), user=EVE), 1)])
    if folded:
        call(activity, "refresh_activity_rollups")
    assert call(activity, NAME, p_as_of=AS_OF) == [
        {"user_id": ANA, "last_seen": None, "days_inactive": None}
    ]


def test_without_users(activity: psycopg.Connection) -> None:
    activity.execute(f"DROP TABLE {TABLE} CASCADE".encode())
    with pytest.raises(psycopg.errors.UndefinedTable) as raised:
        call(activity, NAME)
    assert "schema that Directus is in" in raised.value.diag.message_hint


def test_without_the_right_to_read_users(activity: psycopg.Connection) -> None:
    activity.execute(f"REVOKE SELECT ON {TABLE} FROM directus".encode())
    with pytest.raises(psycopg.errors.InsufficientPrivilege) as raised:
        call(activity, NAME)
    assert "GRANT SELECT (id)" in raised.value.diag.message_hint
