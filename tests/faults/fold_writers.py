"""Sessions that write activity until they are told to stop: each returns its transactions."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any
from uuid import UUID

import psycopg

from activity_sql.settings import Settings

# No statement here waits for long; one that does ends the test.
PATIENCE = "-c statement_timeout=15s"
ACTIONS = ("create", "update", "update", "delete", "login", "run", "comment")
INSERT = """
    INSERT INTO directus_activity (action, "user", "timestamp", ip, user_agent, collection, item)
    VALUES (%s, %s, coalesce(%s, now()), %s, %s, %s, %s)
"""
INSERT_AT_ONCE = """
    INSERT INTO directus_activity (action, "user", "timestamp", ip, collection, item)
    SELECT %s, %s, coalesce(%s, now()), %s, %s, number::text
    FROM generate_series(1, %s) AS number
"""
# Folded by both, so that what a fold has lost was never deleted before it could be seen.
DELETE = """
    WITH deleted AS (
        DELETE FROM directus_activity
        WHERE id BETWEEN %(from)s AND %(from)s + 300
            AND id <= (SELECT settled_id FROM activity_sql.watermark)
            AND id <= (SELECT last_id FROM naive_fold)
        RETURNING *
    )
    INSERT INTO deleted_activity SELECT * FROM deleted
"""


def connect(settings: Settings) -> psycopg.Connection[tuple[Any, ...]]:
    return psycopg.connect(settings.conninfo, options=PATIENCE)


def moment(dice: random.Random) -> datetime:
    """Around now, or a while ago; never in a month of its own, so that hours fill."""
    days = dice.choice((0, 0, 0, 1, 2, 29, 31, 60, 200, 399))
    return datetime.now(UTC) - timedelta(days=days, seconds=dice.uniform(-1800, 5400))


def some_rows(dice: random.Random, count: int) -> list[tuple[Any, ...]]:
    """As INSERT takes them: now, or some of them at another time; a few with keys never seen."""
    backdated = moment(dice) if dice.random() < 0.2 else None
    rows = []
    for _ in range(count):
        new = dice.random() < 0.005
        number = dice.randrange(10**6) if new else dice.randrange(20)
        rows.append(
            (
                dice.choice(ACTIONS),
                None if number % 7 == 0 else UUID(int=number),
                dice.choice((None, backdated)),
                None if number % 11 == 0 else f"10.0.{number // 256 % 256}.{number % 256}",
                f"Browser {number % 5}",
                f"collection {number % 70}",
                str(number),
            )
        )
    return rows


def write(settings: Settings, seed: int, stop: Event) -> int:
    """Transactions of 1 to 1,000 rows, with pauses; one in ten is rolled back."""
    dice = random.Random(seed)
    transactions = 0
    with connect(settings) as connection:
        while not stop.is_set():
            rows = some_rows(dice, int(10 ** dice.uniform(0, 3)))
            with connection.transaction(force_rollback=dice.random() < 0.1):
                insert(connection, rows, dice, stop)
            transactions += 1
            stop.wait(dice.random())
    return transactions


def insert(
    connection: psycopg.Connection,
    rows: Sequence[tuple[Any, ...]],
    dice: random.Random,
    stop: Event,
) -> None:
    if dice.random() < 0.05:
        action, user, timestamp, ip, _, collection, _ = rows[0]
        connection.execute(INSERT_AT_ONCE, [action, user, timestamp, ip, collection, 1000])
        pause(dice, stop)
        return
    half = len(rows) // 2
    for part in (rows[:half], rows[half:]):
        if dice.random() < 0.5:
            connection.cursor().executemany(INSERT, part)
        else:
            for values in part:
                connection.execute(INSERT, values)
        pause(dice, stop)


def pause(dice: random.Random, stop: Event) -> None:
    stop.wait(dice.choice((0, 0.05, 0.1, 0.2, 0.6)) * dice.random())


def write_prepared(settings: Settings, stop: Event) -> int:
    """Two-phase commits, or rollbacks: between the phases the rows belong to no session."""
    dice = random.Random("prepared")
    transactions = 0
    with connect(settings) as connection:
        connection.autocommit = True
        while not stop.wait(0.3 * dice.random()):
            connection.execute("BEGIN")
            connection.cursor().executemany(INSERT, some_rows(dice, 20))
            connection.execute("PREPARE TRANSACTION 'writer'")
            stop.wait(0.5 * dice.random())
            end = "ROLLBACK" if dice.random() < 0.1 else "COMMIT"
            connection.execute(f"{end} PREPARED 'writer'")
            transactions += 1
    return transactions


def delete(settings: Settings, stop: Event) -> int:
    """Deletes of rows that were folded, moved to `deleted_activity`."""
    dice = random.Random("delete")
    transactions = 0
    with connect(settings) as connection:
        while not stop.wait(0.6 * dice.random()):
            with connection.transaction(force_rollback=dice.random() < 0.1):
                last = connection.execute("SELECT last_id FROM naive_fold").fetchone()
                assert last is not None
                connection.execute(DELETE, {"from": dice.randint(0, last[0])})
                pause(dice, stop)
            transactions += 1
    return transactions
