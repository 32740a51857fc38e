"""What the rollups' tables hold, read from them, and what they have to hold of given rows.

Both are told in words, one fact after the other, and added up: numbers, bits and arrays are gone.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from tests.oracle import Activity
from tests.rollup_oracle import FUTURE, PAST, day_start, hour_of

Row = dict[str, Any]


@dataclass
class Facts:
    """How many rows of what, the first and last of them, and what else was seen with it."""

    rows: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    first: dict[tuple[Any, ...], datetime] = field(default_factory=dict)
    last: dict[tuple[Any, ...], datetime] = field(default_factory=dict)
    members: set[tuple[Any, ...]] = field(default_factory=set)

    def add(
        self,
        *key: Any,
        rows: int = 1,
        first: datetime | None = None,
        last: datetime | None = None,
        **members: Iterable[Any],
    ) -> None:
        self.rows[key] += rows
        if first is not None:
            self.first[key] = min(first, self.first.get(key, first))
        if last is not None:
            self.last[key] = max(last, self.last.get(key, last))
        for kind, names in members.items():
            self.members |= {(*key, kind, name) for name in names}


def bucket_of(row: Activity, grain: str, time_zone: str) -> date:
    """The first date of the day, pentad or month that the row's hour is in."""
    hour = hour_of(row.timestamp)
    if hour in (PAST, FUTURE):
        return hour.date()
    day = hour.astimezone(ZoneInfo(time_zone)).date()
    pentad = max(first for first in (1, 6, 11, 16, 21, 26) if first <= day.day)
    return day.replace(day={"d": day.day, "p": pentad, "m": 1}[grain])


def quarter_of(row: Activity, time_zone: str) -> str:
    """Which six hours of its day, the last ones to the day's end; none of an odd timestamp."""
    hour = hour_of(row.timestamp)
    if hour in (PAST, FUTURE):
        return ""
    elapsed = hour - day_start(bucket_of(row, "d", time_zone), time_zone)
    return str(min(3, elapsed // timedelta(hours=6)))


def days_of(
    rows: Iterable[Activity],
    time_zone: str,
    quarters_since: date = date.max,
    trailing: Iterable[tuple[date, date]] = (),
) -> Facts:
    """What the quarters, days, pentads, months and trailing windows of this zone have to hold."""
    facts = Facts()
    acting: dict[tuple[Any, ...], set[Any]] = defaultdict(set)
    for row in rows:
        day = bucket_of(row, "d", time_zone)
        buckets = [(grain, bucket_of(row, grain, time_zone)) for grain in "dpm"]
        if day >= quarters_since and (quarter := quarter_of(row, time_zone)):
            buckets.append((quarter, day))
        add_row(facts, row, buckets)
        facts.add("total", day, row.action)
        acting["accounts", day] |= {row.user} - {None}
        acting["addresses", day] |= {row.ip} - {None}
        ready = [("t", first) for first, last in trailing if first <= day <= last]
        add_row(facts, row, ready)
        for _, first in ready:
            acting["accounts", first, row.collection] |= {row.user} - {None}
            acting["addresses", first, row.collection] |= {row.ip} - {None}
        for at in ready if row.user is not None else ():
            facts.add("account", *at, row.user, row.action, "of all collections")
            facts.add("account", *at, row.user, rows=0, days=[day])
            if row.action == "login":
                facts.add("login", *at, row.user, rows=0, days=[day])
    for (kind, *of), members in acting.items():
        facts.rows["total", *of, kind] = len(members)
    for at in list(facts.rows):
        if at[:2] == ("login", "t"):
            days = {key for key in facts.members if key[:-1] == (*at, "days")}
            facts.members -= days
            facts.rows[*at, "days"] = len(days)
    return facts


def add_row(facts: Facts, row: Activity, buckets: list[tuple[str, date]]) -> None:
    for at in buckets:
        users, ips, collections = [row.user], [row.ip], [row.collection]
        seen = {"first": row.timestamp, "last": row.timestamp}
        if row.ip is not None:
            facts.add("address", *at, row.ip, users=users, collections=collections, **seen)
            facts.add("address", *at, row.ip, row.action, collections=collections, **seen)
        if row.user is not None:
            facts.add("account", *at, row.user, ips=ips, collections=collections, **seen)
            facts.add("account", *at, row.user, row.collection, row.action)
        if row.user is not None and row.action == "login":
            facts.add("login", *at, row.user, ips=ips, last=row.timestamp)
        facts.add("pair", *at, row.collection, row.action, users=users, ips=ips, **seen)


def hours_of(rows: Iterable[Activity]) -> Facts:
    """What the hours have to hold."""
    facts = Facts()
    for row in rows:
        cell = (row.ip, row.user, row.collection, row.action)
        facts.add(hour_of(row.timestamp), *cell, first=row.timestamp, last=row.timestamp)
    return facts


class Dictionaries:
    """Which number stands for which word."""

    def __init__(self, session: psycopg.Connection) -> None:
        def words(table: str, column: str) -> dict[int, Any]:
            query = f"SELECT id, {column} AS word FROM activity_sql.{table}"
            return {row["id"]: row["word"] for row in session.execute(query)}

        self.ip = words("address", "ip") | {0: None}
        self.user = words("account", "user_id") | {0: None}
        self.collection = words("collection", "name")
        self.action = words("action", "name")

    def ips(self, numbers: list[int]) -> list[str | None]:
        return [self.ip[number] for number in numbers]

    def users(self, numbers: list[int]) -> list[Any]:
        return [self.user[number] for number in numbers]

    def collections(self, word: int, bits: int) -> list[str]:
        return [self.collection[word * 64 + bit] for bit in range(64) if bits >> bit & 1]


def read_days(session: psycopg.Connection) -> Facts:
    """What the quarters, days, pentads, months and trailing windows hold."""
    facts, known = Facts(), Dictionaries(session)

    def rows(table: str) -> list[tuple[tuple[str, date], Row]]:
        query = f"""
            SELECT rollup.*
            FROM activity_sql.{table} AS rollup, activity_sql.watermark
            WHERE grain <> 't' OR bucket = ANY (trailing_from)
            """
        return [((row["grain"], row["bucket"]), row) for row in session.execute(query)]

    def seen(row: Row) -> dict[str, Any]:
        return {"rows": row["actions"], "first": row["first_seen"], "last": row["last_seen"]}

    for at, row in rows("address_rollup"):
        ip, word = known.ip[row["address"]], row["word"]
        users, collections = (
            known.users(row["accounts"]),
            known.collections(word, row["collections"]),
        )
        facts.add("address", *at, ip, users=users, collections=collections, **seen(row))
        for action, number, bits, first, last in elements(
            row, "per_action", ["", "actions", "collections", "first_seen", "last_seen"]
        ):
            facts.add(
                *("address", *at, ip, known.action[action]),
                collections=known.collections(row["word"], bits),
                rows=number,
                first=first,
                last=last,
            )
    for at, row in rows("account_rollup"):
        user, ips = known.user[row["account"]], known.ips(row["addresses"])
        collections = known.collections(row["word"], row["collections"])
        facts.add("account", *at, user, ips=ips, collections=collections, **seen(row))
        for collection, action, number in elements(
            row, "per_pair", ["collection", "action", "actions"]
        ):
            pair = (known.collection[collection], known.action[action])
            facts.add("account", *at, user, *pair, rows=number)
        if at[0] == "t":
            for action, number in elements(row, "per_action", ["", "actions"]):
                facts.add(
                    "account", *at, user, known.action[action], "of all collections", rows=number
                )
            days = [
                date(2000, 1, 1) + timedelta(days=64 * word + bit)
                for word, bits in elements(row, "active", ["word", "days"])
                for bit in range(64)
                if bits >> (63 - bit) & 1
            ]
            facts.add("account", *at, user, rows=0, days=days)
    for at, row in rows("login_rollup"):
        user, ips = known.user[row["account"]], known.ips(row["addresses"])
        facts.add("login", *at, user, ips=ips, rows=row["logins"], last=row["last_login"])
        if at[0] == "t":
            facts.rows["login", *at, user, "days"] += row["days"]
    for at, row in rows("collection_action_rollup"):
        pair = (known.collection[row["collection"]], known.action[row["action"]])
        users, ips = known.users(row["accounts"]), known.ips(row["addresses"])
        facts.add("pair", *at, *pair, users=users, ips=ips, **seen(row))
        for kind in ("accounts", "addresses") if at[0] == "t" else ():
            facts.rows["total", at[1], pair[0], kind] = row[f"collection_{kind}"]
    for row in session.execute("SELECT * FROM activity_sql.day_total").fetchall():
        for kind in ("accounts", "addresses"):
            facts.rows["total", row["day"], kind] = row[kind]
        for action, number in elements(row, "per_action", ["", "actions"]):
            facts.add("total", row["day"], known.action[action], rows=number)
    return facts


def read_hours(session: psycopg.Connection, since: datetime) -> Facts:
    """What the hours from then on hold."""
    facts, known = Facts(), Dictionaries(session)
    for row in session.execute(
        "SELECT * FROM activity_sql.activity_hour WHERE hour >= %s", [since]
    ).fetchall():
        for address, account, collection, action, number, first, last in elements(
            row,
            "cell",
            ["address", "account", "collection", "action", "actions", "first_seen", "last_seen"],
        ):
            cell = (
                known.ip[address],
                known.user[account],
                known.collection[collection],
                known.action[action],
            )
            facts.add(row["hour"], *cell, rows=number, first=first, last=last or first)
    return facts


def elements(row: Row, prefix: str, names: list[str]) -> Iterable[tuple[Any, ...]]:
    """Of parallel arrays."""
    arrays = [row["_".join(filter(None, [prefix, name]))] for name in names]
    return zip(*arrays, strict=True)
