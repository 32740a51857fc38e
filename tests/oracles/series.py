"""What the functions of time must return, in plain Python over the rows of a window.

Imports nothing of the package: the contract is written here a second time.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle import Activity, two_digits

microsecond = timedelta(microseconds=1)


@dataclass(frozen=True)
class Span:
    """Where a window begins, and the first moment for which no gap is filled any more."""

    start: datetime
    until: datetime

    @classmethod
    def of(cls, length: timedelta, as_of: datetime | None, now: datetime) -> "Span":
        return cls((as_of or now) - length, as_of or now + microsecond)


def get_hourly_activity(
    rows: Iterable[Activity], span: Span, p_action: str | None = None
) -> list[dict[str, Any]]:
    counts = Counter(
        (bucket_of(row.timestamp, "hour", "UTC"), row.action)
        for row in rows
        if p_action in (None, row.action)
    )
    slots = counts.keys() | {
        (hour, action) for hour in buckets(span, "hour", "UTC") for _, action in counts
    }
    return [
        {"hour": hour, "action": action, "count": counts[hour, action]}
        for hour, action in sorted(slots, key=lambda slot: (slot[0], slot[1].encode()))
    ]


def get_activity_timeseries(
    rows: Iterable[Activity],
    span: Span,
    p_bucket: str = "day",
    p_collection: str | None = None,
    p_action: str | None = None,
    p_timezone: str = "UTC",
) -> list[dict[str, Any]]:
    series: dict[datetime, list[Activity]] = {
        bucket: [] for bucket in buckets(span, p_bucket, p_timezone)
    }
    for row in rows:
        if p_collection in (None, row.collection) and p_action in (None, row.action):
            series.setdefault(bucket_of(row.timestamp, p_bucket, p_timezone), []).append(row)
    return [
        {
            "bucket": bucket,
            "total": len(found),
            "unique_users": len({row.user for row in found} - {None}),
            "unique_ips": len({row.ip for row in found} - {None}),
            "by_action": dict(Counter(row.action for row in found)),
        }
        for bucket, found in sorted(series.items())
    ]


def get_activity_breakdown(
    rows: Iterable[Activity], p_timezone: str = "UTC"
) -> list[dict[str, Any]]:
    groups: dict[tuple[date, str, str], list[Activity]] = defaultdict(list)
    for row in rows:
        day = row.timestamp.astimezone(ZoneInfo(p_timezone)).date()
        groups[day, row.collection, row.action].append(row)
    return [
        {
            "collection": collection,
            "action": action,
            "date": day,
            "count": len(found),
            "unique_users": len({row.user for row in found} - {None}),
            "unique_ips": len({row.ip for row in found} - {None}),
            "avg_seconds_between_actions": average_gap([row.timestamp for row in found]),
        }
        for (day, collection, action), found in sorted(
            groups.items(), key=lambda group: (group[0][0], *(key.encode() for key in group[0][1:]))
        )
    ]


def average_gap(moments: list[datetime]) -> Decimal | None:
    """Seconds, two digits."""
    if len(moments) == 1:
        return None
    span = (max(moments) - min(moments)) // microsecond
    return two_digits(Fraction(span, 1_000_000 * (len(moments) - 1)))


def bucket_of(moment: datetime, bucket: str, time_zone: str) -> datetime:
    """When the calendar bucket begins that a moment is in."""
    local = moment.astimezone(ZoneInfo(time_zone))
    if bucket == "hour":
        past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return moment.astimezone(UTC) - past
    return day_start(first_day(local.date(), bucket), time_zone)


def buckets(span: Span, bucket: str, time_zone: str) -> set[datetime]:
    """The beginnings of all buckets that have a moment of the span."""
    if bucket == "hour":
        moment, found = span.start, {bucket_of(span.until - microsecond, bucket, time_zone)}
        while moment < span.until:
            found.add(bucket_of(moment, bucket, time_zone))
            moment += timedelta(minutes=30)
        return found
    day = span.start.astimezone(ZoneInfo(time_zone)).date()
    last = (span.until - microsecond).astimezone(ZoneInfo(time_zone)).date()
    dates = (day + timedelta(days=number) for number in range((last - day).days + 1))
    return {day_start(first, time_zone) for first in {first_day(day, bucket) for day in dates}}


def first_day(day: date, bucket: str) -> date:
    if bucket == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if bucket == "week" else day


def day_start(day: date, time_zone: str) -> datetime:
    """The first moment of a day: the first midnight of two, or the end of the gap over it."""
    return datetime.combine(day, time(), ZoneInfo(time_zone)).astimezone(UTC)
