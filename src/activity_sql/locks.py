"""One deploy, one leading worker at a time; lock waits that end and say who is in the way."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from activity_sql.db import (
    Connection,
    StatementError,
    connect,
    execute_sql,
    query,
    settle_session,
    tool_transaction,
)
from activity_sql.errors import DatabaseError
from activity_sql.settings import Settings

# 'activity-sql' means nothing to pg_advisory_lock: two fixed numbers stand for it.
LOCK = (0x61637469, 0x73716C00)
WORKER_LOCK = (0x61637469, 0x73716C01)
_WAIT_SECONDS = 120.0
_POLL_SECONDS = 0.1
_POOLER_LOOKS = 20

# A waiting DDL statement makes everybody queue behind it, so it gives up early and tries again.
_ATTEMPTS = 5
_FIRST_PAUSE_SECONDS = 0.5
_PASSING = {"55P03": "lock_not_available", "40P01": "deadlock_detected"}

T = TypeVar("T")


@contextmanager
def deploy_lock(connection: Connection, settings: Settings) -> Iterator[None]:
    """Settle the session, and hold the deploy lock: an advisory lock, which no kill outlives.

    Polled, since a session that waits inside pg_advisory_lock holds a snapshot, for which the
    other's CREATE INDEX CONCURRENTLY would wait in turn.

    Raises:
        DatabaseError: behind a pooler in transaction mode, where a session lock means nothing; or
            another deploy holds the lock for two minutes.
    """
    refuse_transaction_pooler(connection, settings)
    settle_session(connection, settings.lock_timeout_seconds)
    deadline = time.monotonic() + _WAIT_SECONDS
    while not try_lock(connection, LOCK):
        if time.monotonic() > deadline:
            raise DatabaseError(
                f"Another deploy has held the lock for {_WAIT_SECONDS:.0f} s.",
                mend="Wait for it, or end the session that pg_locks shows with locktype 'advisory' "
                f"and classid {LOCK[0]}.",
            )
        time.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        if not connection.closed and not connection.broken:
            _advisory(connection, "pg_advisory_unlock", LOCK)
            execute_sql(connection, "RESET ALL")


def with_lock_retries(connection: Connection, settings: Settings, work: Callable[[], T]) -> T:
    """`work()`, again after a pause where it lost a lock: five times, the pause doubling.

    Raises:
        DatabaseError: it lost the last time too; names the session in the way.
    """
    pause = _FIRST_PAUSE_SECONDS
    with _watching(connection, settings) as blockers:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return work()
            except StatementError as error:
                if error.sqlstate not in _PASSING:
                    raise
                if attempt == _ATTEMPTS:
                    raise DatabaseError(
                        f"A lock could not be had in {_ATTEMPTS} attempts of "
                        f"{settings.lock_timeout_seconds:g} s (SQLSTATE {error.sqlstate})."
                        + (f" In the way: {blockers[-1]}." if blockers else ""),
                        mend="Wait for that session or end it, then run this again.",
                    ) from error
            time.sleep(pause)
            pause *= 2
    raise AssertionError("unreachable")


@contextmanager
def _watching(connection: Connection, settings: Settings) -> Iterator[list[str]]:
    """The sessions seen blocking ours, latest last: once a wait is over nobody can tell."""
    seen: list[str] = []
    done = threading.Event()
    pid = {"pid": _backend(connection)}

    def watch() -> None:
        try:
            with connect(settings) as other:
                while not done.wait(_POLL_SECONDS):
                    with tool_transaction(other):
                        seen.extend(row["blocker"] for row in query(other, "blockers", pid))
        except DatabaseError:
            return  # without a second connection the message goes without a name

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


def refuse_transaction_pooler(connection: Connection, settings: Settings) -> None:
    """Raise DatabaseError where a session is not one server's: there no session lock holds.

    A pooler hands out process ids of its own; in transaction mode it also shares its servers.
    """
    server = _backend(connection)
    if connection.info.backend_pid == server:
        return
    with connect(settings) as other:
        # Among other clients' traffic one look may miss it.
        shared = any(
            _backend(connection) != server or _backend(other) == server
            for _ in range(_POOLER_LOOKS)
        )
    if shared:
        raise DatabaseError(
            "This connection goes through a pooler in transaction mode, where a session lock does "
            "not hold.",
            mend="Connect to PostgreSQL itself, or to the pooler in session mode.",
        )


def _backend(connection: Connection) -> int:
    # A prepared statement would be unknown to the next server.
    row = connection.execute("SELECT pg_catalog.pg_backend_pid() AS pid", prepare=False).fetchone()
    return int(row["pid"]) if row else 0


def try_lock(connection: Connection, lock: tuple[int, int]) -> bool:
    """Take an advisory lock to the session's end, unless another session holds it."""
    return _advisory(connection, "pg_try_advisory_lock", lock)


def _advisory(connection: Connection, function: str, lock: tuple[int, int]) -> bool:
    row = connection.execute(
        f"SELECT pg_catalog.{function}(%s, %s) AS done".encode(), lock
    ).fetchone()
    return bool(row and row["done"])
