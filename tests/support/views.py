"""What every view is held to, and rows around the edges of the materialized ones."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from tests.oracle import Activity
from tests.rollup_oracle import FUTURE, PAST
from tests.support.directus import QUOTED_ODD_SCHEMA
from tests.support.infinity import allow_infinity

Row = dict[str, Any]
Session = psycopg.Connection[Row]

HOUR = timedelta(hours=1)
SCHEMA = QUOTED_ODD_SCHEMA.replace("%", "%%")
HARVEST = """
    WITH RECURSIVE needed AS (
        SELECT 'pg_catalog.pg_class'::regclass::oid AS kind, %s::regclass::oid AS id
        UNION
        SELECT found.kind, found.id
        FROM needed
        CROSS JOIN LATERAL (
            SELECT direct.refclassid AS kind, direct.refobjid AS id
            FROM pg_depend AS direct
            WHERE direct.classid = needed.kind AND direct.objid = needed.id
            UNION ALL
            SELECT direct.refclassid, direct.refobjid
            FROM pg_rewrite AS rule
            JOIN pg_depend AS direct
                ON direct.classid = 'pg_catalog.pg_rewrite'::regclass AND direct.objid = rule.oid
            WHERE needed.kind = 'pg_catalog.pg_class'::regclass AND rule.ev_class = needed.id
        ) AS found
    )
    SELECT needed.id::regclass::text AS name
    FROM needed
    WHERE needed.kind = 'pg_catalog.pg_class'::regclass AND needed.id <> %s::regclass
"""


@dataclass(frozen=True)
class Visit(Activity):
    """A row of directus_activity with the browser it came from."""

    user_agent: str | None = None


def columns(session: Session, view: str) -> list[tuple[str, str]]:
    """Names and types."""
    found = session.execute(
        "SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type "
        "FROM pg_catalog.pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 "
        "ORDER BY attnum",
        [view],
    )
    return [(row["name"], row["type"]) for row in found]


def depends_on(session: Session, view: str) -> set[str]:
    """The relations that the catalog ties the view to, however indirectly."""
    session.execute("SET LOCAL search_path = pg_catalog")
    name = f"{QUOTED_ODD_SCHEMA}.{view}"
    return {row["name"] for row in session.execute(HARVEST, [name, name])}


def now(session: Session) -> datetime:
    return session.execute("SELECT pg_catalog.now()").fetchone()["now"].astimezone(UTC)


def hour_of(moment: datetime) -> datetime:
    return moment if moment in (PAST, FUTURE) else moment.replace(minute=0, second=0, microsecond=0)


def visits(since: datetime, until: datetime, count: int = 400) -> list[Visit]:
    """Rows of a few hours, dense enough for ties and shared keys; on both sides of `since`."""
    draw = random.Random(count)
    tick = timedelta(microseconds=1)
    busy = [since, since + HOUR, since + 30 * HOUR, until - 26 * HOUR, hour_of(until)]
    moments = [hour + draw.random() * HOUR for hour in busy for _ in range(count // len(busy))]
    moments += [since - tick, since, since + HOUR - tick, since + HOUR, until, FUTURE, PAST]
    moments += [until + timedelta(days=40), datetime(1999, 12, 31, 23, 59, tzinfo=UTC)]
    made = [
        Visit(
            timestamp=moment,
            action=draw.choice(["update", "create", "login", "run"]),
            user=draw.choice([None, *(UUID(int=number) for number in range(1, 6))]),
            ip=draw.choice([None, "10.0.0.1", "10.0.0.2", "10.0.0.20", "2001:db8::1"]),
            collection=draw.choice(["articles", "Pages", "ärger"]),
            user_agent=draw.choice([None, "a", "Z", "é", "Mozilla/5.0 (%s; {{ }})"]),
        )
        for moment in moments
    ]
    return [*made, replace(made[0], user=UUID(int=99))]


def insert_visits(session: Session, rows: Iterable[Visit]) -> None:
    allow_infinity(session)
    names = ["action", "user", "timestamp", "ip", "collection", "item", "user_agent"]
    listed = ", ".join(f'"{name}"' for name in names)
    session.cursor().executemany(
        f"INSERT INTO {SCHEMA}.directus_activity ({listed}) VALUES ({', '.join(['%s'] * 7)})",
        [[getattr(row, name) for name in names] for row in rows],
    )


def fold(session: Session) -> None:
    session.execute(f"SELECT * FROM {QUOTED_ODD_SCHEMA}.refresh_activity_rollups()".encode())


def refresh(session: Session, view: str) -> None:
    session.execute(f"REFRESH MATERIALIZED VIEW CONCURRENTLY {QUOTED_ODD_SCHEMA}.{view}".encode())


def content(session: Session, view: str) -> list[Row]:
    """Its rows, in no order."""
    return session.execute(f"SELECT * FROM {QUOTED_ODD_SCHEMA}.{view}".encode()).fetchall()


def keyed(rows: Iterable[Row], *names: str) -> dict[tuple[Any, ...], Row]:
    """By their key, which no two may share."""
    listed = list(rows)
    by_key = {tuple(row[name] for name in names): row for row in listed}
    assert len(by_key) == len(listed)
    return by_key


def grouped(rows: Iterable[Activity], *names: str) -> dict[tuple[Any, ...], list[Activity]]:
    """Rows by their hour and these attributes."""
    groups: dict[tuple[Any, ...], list[Activity]] = {}
    for row in rows:
        key = (hour_of(row.timestamp), *(getattr(row, name) for name in names))
        groups.setdefault(key, []).append(row)
    return groups


def counts(rows: list[Activity]) -> Row:
    return {
        "count": len(rows),
        "unique_users": len({row.user for row in rows} - {None}),
        "unique_ips": len({row.ip for row in rows} - {None}),
    }
