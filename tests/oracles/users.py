"""What the functions about users must return, in plain Python over the rows of a window.

Imports nothing of the package: the contract is written here a second time. Rows come in the order
of their ids.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tests.oracle import Activity, two_digits
from tests.oracles.counts import percent

DAY = timedelta(days=1)


def get_user_engagement_metrics(
    current: Iterable[Activity],
    previous: Iterable[Activity],
    p_days: int = 30,
    p_limit: int | None = 100,
    p_timezone: str = "UTC",
) -> list[dict[str, Any]]:
    """The rows of a window, and those of the window before."""
    before = {user: len(rows) for user, rows in by_user(previous).items()}
    answer = []
    for user, rows in by_user(current).items():
        days = days_of(rows, p_timezone)
        collections = len({row.collection for row in rows})
        streak = longest_streak(days)
        score = engagement_score(p_days, len(days), len(rows), collections, streak)
        answer.append(
            {
                "user_id": user,
                "total_actions": len(rows),
                "active_days": len(days),
                "collections_used": collections,
                "unique_ips": len({row.ip for row in rows} - {None}),
                "action_breakdown": dict(Counter(row.action for row in rows)),
                "first_seen": min(row.timestamp for row in rows),
                "last_seen": max(row.timestamp for row in rows),
                "actions_per_active_day": two_digits(Fraction(len(rows), len(days))),
                "longest_streak_days": streak,
                "engagement_score": score,
                "engagement_level": engagement_level(score),
                "trend_percent": percent(len(rows) - before.get(user, 0), before.get(user, 0)),
            }
        )
    answer.sort(key=lambda row: (-row["engagement_score"], -row["total_actions"], row["user_id"]))
    return answer[:p_limit]


def engagement_score(
    p_days: int, active_days: int, actions: int, collections: int, streak: int
) -> int:
    """Four lines from 0 up to a cap: full from five days in seven, 50 a day, 10, 5 in a row."""
    parts = [
        (40, Fraction(active_days, p_days) / Fraction(5, 7)),
        (20, Fraction(actions, active_days) / 50),
        (20, Fraction(collections, 10)),
        (20, Fraction(streak, min(p_days, 5))),
    ]
    return sum(int(cap * min(1, share)) for cap, share in parts)


def engagement_level(score: int) -> str:
    if score >= 70:
        return "high"
    if score >= 40:
        return "regular"
    return "low" if score >= 10 else "inactive"


def get_user_activity(
    rows: Iterable[Activity], p_user: UUID, known: Iterable[UUID | None], p_days: int = 30
) -> dict[str, Any]:
    found = [row for row in rows if row.user == p_user]
    collections = Counter(row.collection for row in found)
    return {
        "userId": str(p_user),
        "known": p_user in set(known),
        "period": f"{p_days} days",
        "summary": {
            "count": len(found),
            "countDistinct_collection": len(collections),
            "countDistinct_ip": len({row.ip for row in found} - {None}),
        },
        "byCollection": [
            {"collection": name, "count": count} for name, count in most_first(collections)
        ],
        "byAction": [
            {"action": name, "count": count}
            for name, count in most_first(Counter(row.action for row in found))
        ],
    }


def get_user_logins(
    rows: Iterable[Activity], p_limit: int | None = 100, time_zone: str = "UTC"
) -> list[dict[str, Any]]:
    answer = []
    for user, logins in by_user(row for row in rows if row.action == "login").items():
        last = max(row.timestamp for row in logins)
        answer.append(
            {
                "user_id": user,
                "logins": len(logins),
                "login_days": len(days_of(logins, time_zone)),
                "distinct_ips": len({row.ip for row in logins} - {None}),
                "last_login": last,
                "last_ip": [row.ip for row in logins if row.timestamp == last][-1],
            }
        )
    answer.sort(key=lambda row: (-row["logins"], row["user_id"]))
    return answer[:p_limit]


def get_inactive_users(
    rows: Iterable[Activity], users: Iterable[UUID], start: datetime, until: datetime
) -> list[dict[str, Any]]:
    """Of all rows up to the end of the window that begins at `start`."""
    last = {user: max(row.timestamp for row in found) for user, found in by_user(rows).items()}
    silent = [user for user in users if user not in last or last[user] < start]
    silent.sort(key=lambda user: (user in last, last.get(user), user))
    return [
        {
            "user_id": user,
            "last_seen": last.get(user),
            "days_inactive": (until - last[user]) // DAY if user in last else None,
        }
        for user in silent
    ]


def by_user(rows: Iterable[Activity]) -> dict[UUID, list[Activity]]:
    """Rows without a user are nobody's."""
    found: dict[UUID, list[Activity]] = defaultdict(list)
    for row in rows:
        if row.user is not None:
            found[row.user].append(row)
    return found


def days_of(rows: Iterable[Activity], time_zone: str) -> set[date]:
    return {row.timestamp.astimezone(ZoneInfo(time_zone)).date() for row in rows}


def longest_streak(days: set[date]) -> int:
    """Of consecutive dates."""
    longest = 0
    for first in days:
        if first - DAY not in days:
            length = 1
            while first + length * DAY in days:
                length += 1
            longest = max(longest, length)
    return longest


def most_first(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0].encode()))
