"""What the functions about security must return, in plain Python over the rows of a window.

Imports nothing of the package: the contract is written here a second time.
"""

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from tests.oracle import Activity, risk_level, risk_reasons


def get_suspicious_activity(
    rows: Iterable[Activity], p_hours: int = 1, p_threshold: int = 100
) -> list[dict[str, Any]]:
    """An hour counts as a 24th of a day."""
    by_address: dict[str, list[Activity]] = defaultdict(list)
    for row in rows:
        if row.ip is not None:
            by_address[row.ip].append(row)

    answer = []
    for ip, found in by_address.items():
        reasons = risk_reasons(found, Fraction(p_hours, 24))
        answer.append(
            {
                "ip": ip,
                "action_count": len(found),
                "distinct_collections": len({row.collection for row in found}),
                "distinct_actions": len({row.action for row in found}),
                "unique_users": len({row.user for row in found} - {None}),
                "risk_level": risk_level(sum(reason["contribution"] for reason in reasons)),
                "risk_reasons": reasons,
                "last_seen": max(row.timestamp for row in found),
            }
        )
    answer.sort(key=lambda row: (-row["action_count"], row["ip"].encode()))
    return [row for row in answer if row["action_count"] >= p_threshold]
