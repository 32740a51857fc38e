"""What get_activity_dashboard must return, in plain Python over raw rows.

Imports nothing of the package: the contract is written here a second time.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from tests.oracle import Activity, in_window, risk_level, risk_reasons

HOUR = timedelta(hours=1)


def get_activity_dashboard(
    rows: Iterable[Activity], *, now: datetime, p_days: int = 7, p_as_of: datetime | None = None
) -> dict[str, Any]:
    rows = list(rows)
    found = in_window(rows, timedelta(days=p_days), p_as_of, now)
    by_address: dict[str, list[Activity]] = defaultdict(list)
    by_user: dict[Any, list[Activity]] = defaultdict(list)
    by_collection: dict[str, list[Activity]] = defaultdict(list)
    for row in found:
        by_collection[row.collection].append(row)
        if row.ip is not None:
            by_address[row.ip].append(row)
        if row.user is not None:
            by_user[row.user].append(row)
    actions = Counter(row.action for row in found)
    return {
        "summary": {
            "totalActivity": len(found),
            "uniqueUsers": len(by_user),
            "uniqueIPs": len(by_address),
            "period": f"{p_days} days",
        },
        "collections": [
            {
                "collection": name,
                "count": len(of),
                "countDistinct_user": users(of),
                "countDistinct_ip": ips(of),
            }
            for name, of in sorted(by_collection.items(), key=lambda it: (-len(it[1]), code(it[0])))
        ],
        "actions": [
            {"action": name, "count": count}
            for name, count in sorted(actions.items(), key=lambda it: (-it[1], code(it[0])))
        ],
        "topIPs": [
            top_address(ip, of, p_days)
            for ip, of in sorted(by_address.items(), key=lambda it: (-len(it[1]), code(it[0])))[:10]
        ],
        "topUsers": [
            {
                "userId": str(user),
                "count": len(of),
                "countDistinct_collection": len({row.collection for row in of}),
                "countDistinct_ip": ips(of),
            }
            for user, of in sorted(by_user.items(), key=lambda it: (-len(it[1]), it[0]))[:10]
        ],
        "hourly": hourly(rows, now=now, as_of=p_as_of),
    }


def top_address(ip: str, of: list[Activity], days: int) -> dict[str, Any]:
    score = sum(reason["contribution"] for reason in risk_reasons(of, Fraction(days)))
    return {
        "ip": ip,
        "count": len(of),
        "countDistinct_collection": len({row.collection for row in of}),
        "countDistinct_user": users(of),
        "riskLevel": risk_level(score),
        "activityScore": score,
    }


def hourly(rows: list[Activity], *, now: datetime, as_of: datetime | None) -> list[dict[str, Any]]:
    """The hours of the last 24, gaps filled, and later ones that have rows."""
    by_hour: dict[datetime, list[Activity]] = defaultdict(list)
    for row in in_window(rows, timedelta(hours=24), as_of, now):
        by_hour[hour_of(row.timestamp)].append(row)
    end = as_of or now
    hour = hour_of(end - timedelta(hours=24))
    while hour < end:
        by_hour.setdefault(hour, [])
        hour += HOUR
    return [
        {
            "timestamp": f"{hour:%Y-%m-%dT%H:%M:%SZ}",
            "total": len(of),
            "uniqueUsers": users(of),
            "byAction": dict(Counter(row.action for row in of)),
        }
        for hour, of in sorted(by_hour.items())
    ]


def hour_of(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def users(rows: list[Activity]) -> int:
    return len({row.user for row in rows} - {None})


def ips(rows: list[Activity]) -> int:
    return len({row.ip for row in rows} - {None})


def code(text: str) -> bytes:
    return text.encode()
