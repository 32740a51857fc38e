"""What the public functions must return, in plain Python over raw rows.

Imports nothing of the package: the contract is written here a second time.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Activity:
    """A row of directus_activity."""

    timestamp: datetime
    action: str = "update"
    user: UUID | None = None
    ip: str | None = None
    collection: str = "articles"
    item: str = "1"


def in_window(
    rows: Iterable[Activity], span: timedelta, as_of: datetime | None, now: datetime
) -> list[Activity]:
    """[as_of - span, as_of), or everything since now - span where as_of is None."""
    start = (as_of or now) - span
    return [
        row for row in rows if row.timestamp >= start and (as_of is None or row.timestamp < as_of)
    ]


def two_digits(value: Fraction) -> Decimal:
    """Rounded half away from zero, as numeric's round does; values here are not negative."""
    return Decimal(floor(value * 100 + Fraction(1, 2))) / 100


def risk_level(score: int) -> str:
    if score >= 90:
        return "critical"
    if score >= 70:
        return "high"
    return "medium" if score >= 40 else "low"


def risk_score(total: int, collections: int) -> int:
    """The published 0 to 5 scale."""
    busy = 3 if total > 1000 else 2 if total > 500 else 1 if total > 100 else 0
    broad = 2 if collections > 10 else 1 if collections > 5 else 0
    return busy + broad


def risk_reasons(rows: list[Activity], days: Fraction) -> list[dict[str, Any]]:
    """The four signals of one address: straight lines from `expected` up to a cap."""
    actors = {row.user for row in rows}
    per_user_day = Fraction(len(rows)) / (len(actors) * days)
    deletes = sum(row.action == "delete" for row in rows)
    delete_share = Fraction(deletes, max(len(rows), 20))
    collections = len({row.collection for row in rows})
    kinds = len({row.action for row in rows})

    def signal(
        name: str, observed: Fraction | int, shown: Any, expected: str, full: str, cap: int
    ) -> dict[str, Any]:
        low, high = Fraction(expected), Fraction(full)
        part = floor(cap * (Fraction(observed) - low) / (high - low))
        return {
            "signal": name,
            "observed": shown,
            "expected": Decimal(expected),
            "contribution": min(cap, max(0, part)),
        }

    return [
        signal("actions_per_user_day", per_user_day, two_digits(per_user_day), "200", "2000", 40),
        signal("delete_share", delete_share, two_digits(delete_share), "0.2", "0.8", 30),
        signal("collections", collections, collections, "10", "30", 15),
        signal("action_kinds", kinds, kinds, "4", "8", 15),
    ]


def get_ip_activity_stats(
    rows: Iterable[Activity],
    *,
    now: datetime,
    p_days: int = 7,
    p_min_count: int = 10,
    p_limit: int | None = 50,
    p_as_of: datetime | None = None,
) -> list[dict[str, Any]]:
    found = in_window(rows, timedelta(days=p_days), p_as_of, now)
    return ip_activity_stats(found, p_days, p_min_count, p_limit)


def ip_activity_stats(
    rows: Iterable[Activity], p_days: int, p_min_count: int, p_limit: int | None
) -> list[dict[str, Any]]:
    """The same, of the rows of a window."""
    by_address: dict[str, list[Activity]] = defaultdict(list)
    for row in rows:
        if row.ip is not None:
            by_address[row.ip].append(row)

    answer = []
    for ip, found in by_address.items():
        if len(found) < p_min_count:
            continue
        collections = len({row.collection for row in found})
        reasons = risk_reasons(found, Fraction(p_days))
        score = sum(reason["contribution"] for reason in reasons)
        answer.append(
            {
                "ip": ip,
                "total_actions": len(found),
                "unique_collections": collections,
                "action_breakdown": dict(Counter(row.action for row in found)),
                "first_seen": min(row.timestamp for row in found),
                "last_seen": max(row.timestamp for row in found),
                "risk_score": risk_score(len(found), collections),
                "unique_users": len({row.user for row in found} - {None}),
                "risk_level": risk_level(score),
                "activity_score": score,
                "risk_reasons": reasons,
            }
        )
    answer.sort(key=lambda row: (-row["total_actions"], row["ip"].encode()))
    return answer[:p_limit]
