"""What a caller may rely on: columns, score, calendar days, and what a wrong argument raises."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.oracle import Activity
from tests.oracles.users import engagement_level, engagement_score
from tests.support.contract import exclude, refuses, types_of
from tests.support.directus import QUOTED_ODD_SCHEMA
from tests.support.rows import call, insert

NAME = "get_user_engagement_metrics"
AS_OF = datetime(2026, 5, 1, tzinfo=UTC)
ANA, BEN = UUID(int=1), UUID(int=2)
COLUMNS = {
    "user_id": "uuid",
    "total_actions": "int8",
    "active_days": "int8",
    "collections_used": "int8",
    "unique_ips": "int8",
    "action_breakdown": "jsonb",
    "first_seen": "timestamptz",
    "last_seen": "timestamptz",
    "actions_per_active_day": "numeric",
    "longest_streak_days": "int4",
    "engagement_score": "int4",
    "engagement_level": "text",
    "trend_percent": "numeric",
}


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
        ({"p_limit": 0}, "p_limit must be between 1 and 100000, got 0", "NULL for all"),
        ({"p_limit": 100001}, "p_limit must be between 1 and 100000, got 100001", "NULL for all"),
        ({"p_timezone": "Mars"}, "p_timezone must be an IANA time zone, got Mars", "Europe/Berlin"),
        ({"p_timezone": "Europe/Berln1"}, "p_timezone must be an IANA", "Europe/Berlin"),
        ({"p_timezone": None}, "p_timezone must be an IANA time zone, got NULL", "Europe/Berlin"),
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


def test_rows_without_a_user_form_no_row(activity: psycopg.Connection) -> None:
    insert(activity, [(Activity(ago(hours=1)), 5)])
    assert call(activity, NAME, p_as_of=AS_OF) == []


def test_a_tie_falls_to_the_lower_id(activity: psycopg.Connection) -> None:
    insert(activity, [(Activity(ago(hours=1), user=user), 3) for user in (BEN, ANA)])
    (row,) = call(activity, NAME, p_limit=1, p_as_of=AS_OF)
    assert row["user_id"] == ANA


def test_the_score_ranks_before_the_total(activity: psycopg.Connection) -> None:
    steady = [(Activity(ago(days=day, hours=1), user=BEN), 1) for day in range(20)]
    insert(activity, [(Activity(ago(hours=1), user=ANA), 21), *steady])
    rows = call(activity, NAME, p_as_of=AS_OF)
    assert [row["user_id"] for row in rows] == [BEN, ANA]


@pytest.mark.parametrize("folded", [False, True])
def test_days_are_those_of_the_time_zone(activity: psycopg.Connection, folded: bool) -> None:
    """Around the 23 hours of 29 March 2026 in Berlin: three days there, two in UTC."""
    moments = [
        datetime(2026, 3, 28, 22, 59, tzinfo=UTC),
        datetime(2026, 3, 28, 23, tzinfo=UTC),
        datetime(2026, 3, 29, 21, 59, tzinfo=UTC),
        datetime(2026, 3, 29, 22, tzinfo=UTC),
    ]
    insert(activity, [(Activity(moment, user=ANA), 1) for moment in moments])
    if folded:
        call(activity, "refresh_activity_rollups")
    days = {}
    for zone in ("UTC", "Europe/Berlin"):
        (row,) = call(activity, NAME, p_timezone=zone, p_as_of=datetime(2026, 4, 1, tzinfo=UTC))
        days[zone] = (row["active_days"], row["longest_streak_days"])
    assert days == {"UTC": (2, 2), "Europe/Berlin": (3, 3)}


@pytest.mark.parametrize("folded", [False, True])
def test_a_day_with_two_midnights_is_one(activity: psycopg.Connection, folded: bool) -> None:
    """3 November 2024 in Havana: 00:30 comes twice."""
    moments = [datetime(2024, 11, 3, hour, 30, tzinfo=UTC) for hour in (4, 5)]
    insert(activity, [(Activity(moment, user=ANA), 1) for moment in moments])
    if folded:
        call(activity, "refresh_activity_rollups")
    (row,) = call(
        activity, NAME, p_timezone="America/Havana", p_as_of=datetime(2024, 11, 10, tzinfo=UTC)
    )
    assert row["active_days"] == 1


def test_a_streak_goes_on_over_words_months_and_years(activity: psycopg.Connection) -> None:
    first = datetime(2025, 10, 1, 12, tzinfo=UTC)
    days = [day for day in range(200) if day != 150]
    insert(activity, [(Activity(first + timedelta(days=day), user=ANA), 1) for day in days])
    call(activity, "refresh_activity_rollups")
    (row,) = call(activity, NAME, p_days=300, p_as_of=AS_OF)
    assert (row["active_days"], row["longest_streak_days"]) == (199, 150)


def test_a_gap_ends_a_streak_wherever_it_lies(activity: psycopg.Connection) -> None:
    """Here over all 64 days that share a word of bits."""
    epoch = datetime(2000, 1, 1, 12, tzinfo=UTC)
    days = [epoch + timedelta(days=64 * 150 - 1), epoch + timedelta(days=64 * 151)]
    insert(activity, [(Activity(day, user=ANA), 1) for day in days])
    (row,) = call(activity, NAME, p_days=100, p_as_of=days[1] + timedelta(days=1))
    assert (row["active_days"], row["longest_streak_days"]) == (2, 1)


def test_a_row_at_the_end_of_time_is_one_more_day(activity: psycopg.Connection) -> None:
    table = QUOTED_ODD_SCHEMA.replace("%", "%%")
    activity.execute(
        f"""
        INSERT INTO {table}.directus_activity (action, "user", "timestamp", collection, item)
        SELECT 'update', %s, moment, 'articles', '1'
        FROM pg_catalog.unnest(ARRAY[pg_catalog.now(), 'infinity']) AS moment
        """,
        [ANA],
    )
    days = "SELECT active_days, longest_streak_days FROM get_user_engagement_metrics()"
    assert activity.execute(days).fetchall() == [{"active_days": 2, "longest_streak_days": 1}]
    call(activity, "refresh_activity_rollups")
    assert activity.execute(days).fetchall() == [{"active_days": 2, "longest_streak_days": 1}]


@pytest.mark.parametrize(
    ("now", "before", "percent"),
    [(3, 0, None), (3, 3, "0.00"), (2, 3, "-33.33"), (5, 3, "66.67"), (1, 200, "-99.50")],
)
def test_trend(activity: psycopg.Connection, now: int, before: int, percent: str | None) -> None:
    rows = [
        (Activity(ago(days=1), user=ANA), now),
        (Activity(ago(days=31), user=ANA), before),
        (Activity(ago(days=60, seconds=1), user=ANA), 7),
    ]
    insert(activity, rows)
    (row,) = call(activity, NAME, p_as_of=AS_OF)
    assert row["trend_percent"] == (None if percent is None else Decimal(percent))


@pytest.mark.parametrize(
    ("signals", "score", "level"),
    [
        ((30, 1, 1, 1, 1), 7, "inactive"),
        ((30, 1, 1, 2, 1), 9, "inactive"),
        ((30, 1, 3, 2, 1), 10, "low"),
        ((30, 10, 40, 3, 3), 37, "low"),
        ((30, 10, 100, 3, 3), 40, "regular"),
        ((30, 21, 210, 5, 4), 69, "regular"),
        ((30, 21, 263, 5, 4), 70, "high"),
        ((30, 22, 1100, 10, 5), 100, "high"),
        ((1, 2, 100, 10, 2), 100, "high"),
        ((36500, 1, 10**12, 10**6, 1), 44, "regular"),
    ],
)
def test_score(
    activity: psycopg.Connection, signals: tuple[int, ...], score: int, level: str
) -> None:
    row = activity.execute(
        "SELECT * FROM activity_sql.score_engagement(%s, %s, %s, %s, %s)", signals
    ).fetchone()
    assert (row["engagement_score"], row["engagement_level"]) == (score, level)
    caps = {"of_active_days": 40, "of_actions": 20, "of_collections": 20, "of_streak": 20}
    assert all(0 <= row[part] <= cap for part, cap in caps.items())
    assert sum(row[part] for part in caps) == score
    assert (engagement_score(*signals), engagement_level(score)) == (score, level)


@pytest.mark.parametrize("folded", [False, True])
def test_the_excluded_do_not_count(activity: psycopg.Connection, folded: bool) -> None:
    exclude(activity, actions=["run"], users=[BEN])
    rows = [Activity(ago(days=1), user=user) for user in (ANA, BEN)]
    insert(activity, [(row, 1) for row in [*rows, Activity(ago(days=2), "run", ANA)]])
    if folded:
        call(activity, "refresh_activity_rollups")
    (row,) = call(activity, NAME, p_as_of=AS_OF)
    assert (row["user_id"], row["total_actions"], row["active_days"]) == (ANA, 1, 1)


def test_other_days_need_hours_or_rows(activity: psycopg.Connection) -> None:
    insert(activity, [(Activity(ago(days=day), user=ANA), 1) for day in (1, 2)])
    call(activity, "refresh_activity_rollups")
    activity.execute("SELECT activity_sql.configure(p_hours_kept_days => 2)")
    activity.execute("SELECT activity_sql.drop_old_hours()")
    (row,) = call(activity, NAME, p_timezone="Europe/Berlin", p_as_of=AS_OF)
    assert row["active_days"] == 2

    activity.execute(f"DELETE FROM {QUOTED_ODD_SCHEMA}.directus_activity".encode())
    (row,) = call(activity, NAME, p_as_of=AS_OF)
    assert row["active_days"] == 2
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        call(activity, NAME, p_timezone="Europe/Berlin", p_as_of=AS_OF)
