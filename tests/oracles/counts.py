"""What the functions that count by key must return, in plain Python over the rows of a window.

Imports nothing of the package: the contract is written here a second time.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.oracle import Activity, two_digits


def get_ip_action_stats(
    rows: Iterable[Activity], p_min_count: int = 10, p_limit: int | None = 100
) -> list[dict[str, Any]]:
    pairs: dict[tuple[str, str], list[Activity]] = defaultdict(list)
    for row in rows:
        if row.ip is not None:
            pairs[row.ip, row.action].append(row)
    totals = Counter(ip for (ip, _), found in pairs.items() for _ in found)
    answer = [
        {
            "ip": ip,
            "action": action,
            "action_count": len(found),
            "collections_accessed": len({row.collection for row in found}),
            "first_seen": min(row.timestamp for row in found),
            "last_seen": max(row.timestamp for row in found),
        }
        for (ip, action), found in pairs.items()
        if totals[ip] >= p_min_count
    ]
    answer.sort(key=lambda row: (-row["action_count"], row["ip"].encode(), row["action"].encode()))
    return answer[:p_limit]


def get_collection_activity_stats(rows: Iterable[Activity]) -> list[dict[str, Any]]:
    by_collection: dict[str, list[Activity]] = defaultdict(list)
    for row in rows:
        by_collection[row.collection].append(row)
    answer = [
        {
            "collection": collection,
            "activity_count": len(found),
            "unique_users": len({row.user for row in found} - {None}),
            "unique_ips": len({row.ip for row in found} - {None}),
            "last_activity": max(row.timestamp for row in found),
        }
        for collection, found in by_collection.items()
    ]
    return sorted(answer, key=lambda row: (-row["activity_count"], row["collection"].encode()))


def get_activity_trends(
    current: Iterable[Activity],
    previous: Iterable[Activity],
    p_by: str = "collection",
    p_limit: int | None = 100,
) -> list[dict[str, Any]]:
    """The rows of a window, and those of the window before."""
    now, then = subjects(current, p_by), subjects(previous, p_by)
    answer = [
        {
            "subject": subject,
            "current_count": now[subject],
            "previous_count": then[subject],
            "growth": now[subject] - then[subject],
            "trend_percent": percent(now[subject] - then[subject], then[subject]),
            "trend": trend(now[subject], then[subject]),
        }
        for subject in now | then
    ]
    answer.sort(key=lambda row: (-row["current_count"], row["subject"].encode()))
    return answer[:p_limit]


def subjects(rows: Iterable[Activity], by: str) -> Counter[str]:
    found = (getattr(row, by) for row in rows)
    return Counter(str(subject) for subject in found if subject is not None)


def percent(growth: int, of: int) -> Decimal | None:
    """Two digits, rounded half away from zero."""
    if of == 0:
        return None
    size = two_digits(Fraction(100 * abs(growth), of))
    return -size if growth < 0 else size


def trend(now: int, then: int) -> str:
    if then == 0:
        return "new"
    if now == 0:
        return "gone"
    if Fraction(9, 10) <= Fraction(now, then) <= Fraction(11, 10):
        return "flat"
    return "up" if now > then else "down"
