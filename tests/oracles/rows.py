"""What the functions that read rows must return, in plain Python over the rows of a window.

Imports nothing of the package: the contract is written here a second time.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.oracle import Activity

CHANGES = {"create", "update", "delete", "revert", "version_save"}


@dataclass(frozen=True)
class Entry:
    """A row with all of its columns."""

    id: int
    row: Activity
    user_agent: str | None
    origin: str | None


def get_top_items(
    rows: Iterable[Activity], p_collection: str | None = None, p_limit: int | None = 50
) -> list[dict[str, Any]]:
    by_item: dict[tuple[str, str], list[Activity]] = defaultdict(list)
    for row in rows:
        if row.action in CHANGES and p_collection in (None, row.collection):
            by_item[row.collection, row.item].append(row)
    answer = [
        {
            "collection": collection,
            "item": item,
            "changes": len(found),
            "editors": len({row.user for row in found} - {None}),
            "last_change": max(row.timestamp for row in found),
        }
        for (collection, item), found in by_item.items()
    ]
    answer.sort(key=lambda row: (-row["changes"], row["collection"].encode(), row["item"].encode()))
    return answer[:p_limit]


def get_activity_rows(
    entries: Iterable[Entry],
    p_collection: str | None = None,
    p_item: str | None = None,
    p_user: UUID | None = None,
    p_ip: str | None = None,
    p_action: str | None = None,
    p_before_id: int | None = None,
    p_limit: int | None = 100,
) -> list[dict[str, Any]]:
    found = [
        entry
        for entry in sorted(entries, key=lambda entry: -entry.id)
        if p_collection in (None, entry.row.collection)
        and p_item in (None, entry.row.item)
        and p_user in (None, entry.row.user)
        and p_ip in (None, entry.row.ip)
        and p_action in (None, entry.row.action)
        and (p_before_id is None or entry.id < p_before_id)
    ]
    return [
        {
            "id": entry.id,
            "action": entry.row.action,
            "user": entry.row.user,
            "timestamp": entry.row.timestamp,
            "ip": entry.row.ip,
            "user_agent": entry.user_agent,
            "collection": entry.row.collection,
            "item": entry.row.item,
            "origin": entry.origin,
        }
        for entry in found[:p_limit]
    ]
