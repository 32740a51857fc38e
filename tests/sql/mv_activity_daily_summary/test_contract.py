"""What a caller of mv_activity_daily_summary may rely on."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tests.rollup_oracle import FUTURE, PAST
from tests.support.views import (
    Session,
    Visit,
    columns,
    content,
    counts,
    depends_on,
    fold,
    insert_visits,
    keyed,
    now,
    refresh,
    visits,
)

VIEW = "mv_activity_daily_summary"


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    odd = {FUTURE: date.max, PAST: date.min}
    return odd.get(moment) or moment.astimezone(zone).date()


def expected(rows: list[Visit], first: date, zone: ZoneInfo) -> dict[tuple[date], dict]:
    days: dict[date, list[Visit]] = {}
    for row in rows:
        if day_of(row.timestamp, zone) >= first:
            days.setdefault(day_of(row.timestamp, zone), []).append(row)
    made = {}
    for day, found in days.items():
        counted = counts(found)
        total = counted.pop("count")
        by_action = dict(Counter(row.action for row in found))
        made[(day,)] = {"day": day, "total": total, **counted, "by_action": by_action}
    return made


def test_columns(activity: Session) -> None:
    assert columns(activity, VIEW) == [
        ("day", "date"),
        ("total", "bigint"),
        ("unique_users", "bigint"),
        ("unique_ips", "bigint"),
        ("by_action", "jsonb"),
    ]


def test_it_is_empty_where_nothing_is_folded(activity: Session) -> None:
    refresh(activity, VIEW)
    assert content(activity, VIEW) == []


@pytest.mark.parametrize("name", ["UTC", "America/New_York", "Pacific/Kiritimati"])
def test_it_holds_the_folded_rows_of_today_and_the_90_days_before(
    activity: Session, name: str
) -> None:
    activity.execute("SELECT activity_sql.configure(p_time_zone => %s)", [name])
    zone = ZoneInfo(name)
    until = now(activity)
    first = until.astimezone(zone).date() - timedelta(days=90)
    rows = visits(datetime.combine(first, time(), zone), until)
    insert_visits(activity, rows)
    fold(activity)
    insert_visits(activity, rows[:10])
    refresh(activity, VIEW)
    found = [
        {**row, "day": date.max if row["day"] == "infinity" else date.fromisoformat(row["day"])}
        for row in activity.execute(
            f"SELECT day::text, total, unique_users, unique_ips, by_action FROM {VIEW}"
        )
    ]
    assert keyed(found, "day") == expected(rows, first, zone)


def test_the_first_day_of_a_month_is_a_day(activity: Session) -> None:
    """Rollups of months have its date as well."""
    until = now(activity)
    first = (until.replace(day=1) - timedelta(days=1)).replace(day=1)
    rows = [
        Visit(timestamp=first + timedelta(days=day), user=UUID(int=day + 1), ip=f"10.0.0.{day}")
        for day in range(3)
    ]
    insert_visits(activity, rows)
    fold(activity)
    refresh(activity, VIEW)
    assert keyed(content(activity, VIEW), "day") == expected(rows, date.min, ZoneInfo("UTC"))


def test_users_and_addresses_may_be_none(activity: Session) -> None:
    insert_visits(activity, [Visit(timestamp=now(activity), action="run")])
    fold(activity)
    refresh(activity, VIEW)
    (row,) = content(activity, VIEW)
    assert (row["total"], row["unique_users"], row["unique_ips"]) == (1, 0, 0)


def test_the_settings_say_how_many_days(activity: Session) -> None:
    activity.execute("UPDATE activity_sql.setting SET published_days = 2")
    until = now(activity)
    insert_visits(activity, [Visit(timestamp=until - timedelta(days=days)) for days in range(5)])
    fold(activity)
    refresh(activity, VIEW)
    days = sorted(row["day"] for row in content(activity, VIEW))
    assert days == [until.date() - timedelta(days=ago) for ago in (2, 1, 0)]


def test_it_is_made_from_our_tables_only(activity: Session) -> None:
    assert depends_on(activity, VIEW) == {
        "activity_sql.account_rollup",
        "activity_sql.action",
        "activity_sql.address_rollup",
        "activity_sql.collection_action_rollup",
        "activity_sql.watermark",
    }
