"""Locks in a deploy's way: it gives up by name or gets through, and holds up no writer."""

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
import pytest

from activity_sql.cluster import Cluster
from activity_sql.settings import Settings
from tests.faults.deploys import (
    INDEX,
    OBJECTS,
    RELEASE,
    command,
    fill_without_index,
    finish,
    index_state,
    recorded,
    reset,
    rows,
    run,
    short_lock_timeout,
    until,
    waits_for_a_lock,
)
from tests.support.catalog import dump

LOCK_TIMEOUT = 0.2
LOCK_LEDGER = "LOCK TABLE activity_sql.ledger IN ACCESS EXCLUSIVE MODE"
# Until this row is settled a concurrent build or drop has to wait.
WRITE = "INSERT INTO directus_activity (action, collection, item) VALUES ('create', 'a', '1')"
READ = "SELECT count(*) FROM (SELECT FROM directus_activity LIMIT 1) AS one"


@contextmanager
def open_transaction(settings: Settings, statement: str) -> Iterator[int]:
    """Another session in the middle of a transaction; its process id."""
    with psycopg.connect(settings.conninfo, application_name="in the way") as other:
        other.execute(statement)
        yield other.info.backend_pid
        other.rollback()


def run_edited(settings: Settings) -> None:
    """Deploy with another text for one function, so that the real one is pending."""
    (risk_level,) = (item for item in RELEASE.definitions if item.name == "risk_level")
    other = replace(risk_level, sql=risk_level.sql.replace("'critical'", "'disaster'"))
    assert other != risk_level
    definitions = tuple(other if item is risk_level else item for item in RELEASE.definitions)
    run(settings, replace(RELEASE, definitions=definitions))


def highest_level(settings: Settings) -> str:
    return str(rows(settings, "SELECT activity_sql.risk_level(95) AS level")[0]["level"])


def await_attempts(superuser: psycopg.Connection, settings: Settings, count: int) -> None:
    """Until the deploy has begun to wait for a lock that many times."""
    for _ in range(count - 1):
        until(lambda: waits_for_a_lock(superuser, settings), pause=0.01)
        until(lambda: not waits_for_a_lock(superuser, settings), pause=0.01)
    until(lambda: waits_for_a_lock(superuser, settings), pause=0.01)


def assert_gave_up(process: subprocess.Popen[str], blocker: int, statement: str) -> str:
    """It named who was in the way, and what that was at; what it said."""
    code, errors = finish(process, seconds=45)
    print(errors)
    assert code == 3
    assert f"In the way: process {blocker} of directus (in the way, " in errors
    assert statement[:75] in errors
    assert "end it" in errors
    assert len(errors.splitlines()) == 2
    return errors


def test_a_lock_on_the_ledger_that_stays(
    cluster: Cluster, database: Settings, tmp_path: Path
) -> None:
    short_lock_timeout(tmp_path, LOCK_TIMEOUT)
    run_edited(database)
    before = dump(cluster, database.conninfo)
    with (
        open_transaction(database, LOCK_LEDGER) as blocker,
        command(database, tmp_path, "migrate") as process,
    ):
        assert_gave_up(process, blocker, LOCK_LEDGER)
    assert dump(cluster, database.conninfo) == before
    assert highest_level(database) == "disaster"
    run(database)


@pytest.mark.parametrize("name", ["plan", "status", "verify"])
def test_commands_that_only_read_wait_no_longer(
    database: Settings, tmp_path: Path, name: str
) -> None:
    run(database)
    with (
        open_transaction(database, LOCK_LEDGER),
        command(database, tmp_path, name) as process,
    ):
        code, errors = finish(process, seconds=45)
    assert code == 3
    assert "lock timeout (SQLSTATE 55P03)" in errors
    assert "Wait for the transaction that holds the lock" in errors


def test_a_lock_on_the_ledger_that_goes(
    database: Settings, superuser: psycopg.Connection, tmp_path: Path
) -> None:
    short_lock_timeout(tmp_path, LOCK_TIMEOUT)
    run_edited(database)
    with command(database, tmp_path, "migrate") as process:
        with open_transaction(database, LOCK_LEDGER):
            await_attempts(superuser, database, 2)
        assert finish(process) == (0, "")
    assert highest_level(database) == "critical"


def test_a_transaction_in_the_way_of_the_index(database: Settings, tmp_path: Path) -> None:
    short_lock_timeout(tmp_path, LOCK_TIMEOUT)
    fill_without_index(database, 1000)
    with (
        open_transaction(database, WRITE) as blocker,
        command(database, tmp_path, "migrate") as process,
    ):
        said = assert_gave_up(process, blocker, WRITE)
    assert recorded(database) == OBJECTS
    assert "nothing was changed" not in said
    assert index_state(database) == "invalid"
    run(database)
    assert index_state(database) == "valid"


def test_a_transaction_in_the_way_of_an_invalid_index(
    database: Settings, superuser: psycopg.Connection, tmp_path: Path
) -> None:
    """What an interrupted build left is dropped first, and that wait has an end too."""
    short_lock_timeout(tmp_path, LOCK_TIMEOUT)
    superuser.execute(
        f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{INDEX}'::regclass"
    )
    with (
        open_transaction(database, WRITE) as blocker,
        command(database, tmp_path, "migrate") as process,
    ):
        assert_gave_up(process, blocker, WRITE)
    run(database)
    assert index_state(database) == "valid"


def test_a_transaction_that_ends_while_the_index_waits(
    database: Settings, superuser: psycopg.Connection, tmp_path: Path
) -> None:
    short_lock_timeout(tmp_path, LOCK_TIMEOUT)
    fill_without_index(database, 1000)
    with command(database, tmp_path, "migrate") as process:
        with open_transaction(database, WRITE):
            await_attempts(superuser, database, 2)
        assert finish(process) == (0, "")
    assert index_state(database) == "valid"


@dataclass
class Writer:
    """Inserts one row at a time, each by itself, until told to stop; how long each took, in s."""

    settings: Settings
    stop: threading.Event = field(default_factory=threading.Event)
    waits: list[float] = field(default_factory=list)
    process: int = 0

    def write(self) -> None:
        with psycopg.connect(self.settings.conninfo, autocommit=True) as connection:
            self.process = connection.info.backend_pid
            while not self.stop.is_set():
                started = time.monotonic()
                connection.execute(WRITE)
                self.waits.append(time.monotonic() - started)
                self.stop.wait(0.001)


@dataclass
class Reader:
    """Reads activity and stays in its transaction for a while, again and again."""

    settings: Settings
    stop: threading.Event

    def read(self) -> None:
        with psycopg.connect(self.settings.conninfo) as connection:
            while not self.stop.is_set():
                connection.execute(READ)
                self.stop.wait(0.3)
                connection.rollback()


@dataclass
class Guard:
    """Looks every few ms whether anybody stands before the writer; who did."""

    conninfo: str
    writer: Writer
    seen: list[str] = field(default_factory=list)

    def look(self) -> None:
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            while not self.writer.stop.wait(0.003):
                self.seen += [
                    text
                    for (text,) in connection.execute(
                        "SELECT application_name || ': ' || query FROM pg_stat_activity "
                        "WHERE pid = ANY (pg_blocking_pids(%s))",
                        [self.writer.process],
                    )
                ]


def test_no_writer_is_held_up(
    cluster: Cluster,
    database: Settings,
    superuser: psycopg.Connection,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Deploys, with the index, and uninstalls, among readers who stay a while."""
    rounds = 4
    fill_without_index(database, 200_000)
    patient = replace(database, lock_timeout_seconds=2.0)
    writer = Writer(database)
    reader = Reader(database, writer.stop)
    guard = Guard(cluster.conninfo(superuser.info.dbname), writer)
    threads = [threading.Thread(target=work) for work in (writer.write, reader.read, guard.look)]
    for thread in threads:
        thread.start()
    try:
        until(lambda: writer.waits)
        for _ in range(rounds):
            run(patient)
            assert index_state(database) == "valid"
            reset(patient)
    finally:
        writer.stop.set()
        for thread in threads:
            thread.join(timeout=30)
    with capsys.disabled():
        print(
            f"\n{len(writer.waits)} rows written during {rounds} deploys and uninstalls; the "
            f"longest took {max(writer.waits) * 1000:.0f} ms, of a lock_timeout of "
            f"{patient.lock_timeout_seconds * 1000:.0f} ms"
        )
    assert len(writer.waits) > 25 * rounds
    assert guard.seen == []
    assert max(writer.waits) < patient.lock_timeout_seconds
