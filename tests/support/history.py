"""Rows of activity over three days and a month's end, and what must be answered from them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from activity_sql.settings import Settings
from tests import oracle
from tests.oracle import Activity
from tests.support.infinity import allow_infinity
from tests.support.rows import call

Session = psycopg.Connection[dict[str, Any]]
Row = dict[str, Any]

# Whoever waits for a lock fails.
PATIENCE = "-c statement_timeout=20s -c lock_timeout=5s"

FIRST = datetime(2026, 1, 29, 20, 5, tzinfo=UTC)
ADDRESSES = ["10.0.0.1", "10.0.0.1", "10.0.0.2", None, "2001:db8::1"]
USERS = [UUID(int=1), UUID(int=2), None]
ACTIONS = ["update", "create", "run", "delete"]
COLLECTIONS = ["articles", "pages", "directus_users", "directus_flows", "letters", "orders", "tags"]

# Days, and the end: at the start of a month, a day or an hour, or within an hour; with and without
# whole days inside; open.
WINDOWS: list[tuple[int, datetime | None]] = [
    (2, datetime(2026, 2, 1, tzinfo=UTC)),
    (1, datetime(2026, 1, 31, tzinfo=UTC)),
    (2, datetime(2026, 1, 31, 20, tzinfo=UTC)),
    (1, datetime(2026, 1, 31, 20, 30, tzinfo=UTC)),
    (2, datetime(2026, 2, 1, 7, 41, 30, tzinfo=UTC)),
    (1, datetime(2026, 1, 30, 3, 20, tzinfo=UTC)),
    (90, datetime(2026, 2, 2, 9, 1, tzinfo=UTC)),
    (36500, None),
]


def history(
    count: int = 120, first: datetime = FIRST, minutes: float = 37, name: str = ""
) -> list[Activity]:
    """So many rows, one in so many minutes; `item` is the name and the row's place."""
    return [
        Activity(
            timestamp=first + number * timedelta(minutes=minutes),
            action=ACTIONS[number % 4],
            user=USERS[number % 3],
            ip=ADDRESSES[number % 5],
            collection=COLLECTIONS[number % 7],
            item=f"{name}{number}",
        )
        for number in range(count)
    ]


def open_session(settings: Settings) -> Session:
    """Each statement a transaction, unless one is begun."""
    session = psycopg.connect(
        settings.conninfo, options=PATIENCE, autocommit=True, row_factory=dict_row
    )
    allow_infinity(session)
    return session


def add(session: Session, rows: Sequence[Activity], ids: Iterable[int] | None = None) -> list[int]:
    """Insert, with these ids or the sequence's; the ids."""
    columns = ["action", "user", "timestamp", "ip", "collection", "item"]
    values: list[list[Any]] = [[getattr(row, name) for row in rows] for name in columns]
    if ids is not None:
        columns, values = [*columns, "id"], [*values, list(ids)]
    types = ["text", "uuid", "timestamptz", "text", "text", "text", "int"][: len(columns)]
    names = ", ".join(f'"{name}"' for name in columns)
    arrays = ", ".join(f"%s::{kind}[]" for kind in types)
    inserted = session.execute(
        f"INSERT INTO directus_activity ({names}) SELECT * FROM unnest({arrays}) RETURNING id",
        values,
    )
    return [row["id"] for row in inserted.fetchall()]


def edit(
    session: Session, rows: Sequence[Activity], items: Iterable[int], **changes: Any
) -> list[Activity]:
    """Change the rows of these items; all rows as they are then."""
    touched = {str(item) for item in items}
    assignments = ", ".join(f'"{name}" = %({name})s' for name in changes)
    done = session.execute(
        f"UPDATE directus_activity SET {assignments} WHERE item = ANY (%(items)s)",
        {"items": list(touched), **changes},
    )
    assert done.rowcount == len(touched)
    return [replace(row, **changes) if row.item in touched else row for row in rows]


def remove(
    session: Session, rows: Sequence[Activity], gone: Callable[[Activity], bool]
) -> list[Activity]:
    """Delete rows; those that are left."""
    items = [row.item for row in rows if gone(row)]
    done = session.execute("DELETE FROM directus_activity WHERE item = ANY (%s)", [items])
    assert done.rowcount == len(items) > 0
    return [row for row in rows if not gone(row)]


def one(session: Session, query: str, *arguments: Any) -> Row:
    """The one row of a query."""
    (row,) = session.execute(query, arguments).fetchall()
    return row


def refresh(session: Session) -> int:
    """How many rows were folded."""
    return int(one(session, "SELECT * FROM refresh_activity_rollups()")["folded_rows"])


def answer(session: Session, days: int, as_of: datetime | None) -> list[Row]:
    return call(
        session, "get_ip_activity_stats", p_days=days, p_min_count=1, p_limit=None, p_as_of=as_of
    )


def answers(session: Session) -> list[list[Row]]:
    """To all the windows."""
    return [answer(session, *window) for window in WINDOWS]


def scan(rows: Iterable[Activity], days: int, as_of: datetime | None) -> list[Row]:
    """What a plain scan of the rows says."""
    return oracle.get_ip_activity_stats(
        rows, now=datetime.now(UTC), p_days=days, p_min_count=1, p_limit=None, p_as_of=as_of
    )


def scans(rows: Sequence[Activity]) -> list[list[Row]]:
    """Of all the windows."""
    return [scan(rows, *window) for window in WINDOWS]


def scan_between(rows: Iterable[Activity], start: datetime, end: datetime, days: int) -> list[Row]:
    """As of a window of so many days whose edges were moved."""
    return oracle.ip_activity_stats(
        [row for row in rows if start <= row.timestamp < end], days, 1, None
    )


def on_hours(per_window: Sequence[Any]) -> list[Any]:
    """The elements of those windows whose edges cut no hour."""
    return [
        element
        for element, (_, as_of) in zip(per_window, WINDOWS, strict=True)
        if as_of is None or as_of == as_of.replace(minute=0, second=0)
    ]


def total(answered: Iterable[Row]) -> int:
    return sum(int(row["total_actions"]) for row in answered)
