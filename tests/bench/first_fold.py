"""What a first fold takes: seconds, WAL, memory and temporary files, by step and work_mem.

    python -m tests.bench.first_fold [--rows 1000000]

Made rows over a year on a private server with its defaults. Memory is the most that the session
had of its own (RssAnon, looked at every 20 ms); what it shares with others is not in it. The last
line is rebuild_rollups() of the same rows.
"""

import argparse
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from activity_sql.cluster import Cluster, find_installations
from activity_sql.db import connect
from activity_sql.populate import populate
from tests.faults.deploys import make_directus, on, private_cluster, run

UNTIL = datetime(2026, 1, 1, tzinfo=UTC)
CASES = (
    ("CALL activity_sql.backfill(500000)", "4MB"),
    ("CALL activity_sql.backfill(500000)", "64MB"),
    ("CALL activity_sql.backfill(50000)", "4MB"),
    ("CALL activity_sql.backfill(1000000)", "64MB"),
)
REBUILD = "SELECT activity_sql.rebuild_rollups()"


@dataclass
class Peak:
    """The most memory that a process had of its own, in kB."""

    kilobytes: int = 0


@contextmanager
def watched(pid: int) -> Iterator[Peak]:
    """Look at the memory of process `pid` until the block ends."""
    peak, done = Peak(), threading.Event()
    status = Path(f"/proc/{pid}/status")

    def look() -> None:
        while not done.wait(0.02):
            own = next(line for line in status.read_text().splitlines() if "RssAnon" in line)
            peak.kilobytes = max(peak.kilobytes, int(own.split()[1]))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()


def measure(cluster: Cluster, name: str, call: str, work_mem: str) -> None:
    """Ask for `call` in the database `name`, and print what it took."""
    with (
        psycopg.connect(cluster.conninfo(name), autocommit=True) as server,
        psycopg.connect(on(cluster, name).conninfo, autocommit=True) as session,
    ):
        temporary = "SELECT temp_bytes FROM pg_stat_database WHERE datname = %s"
        session.execute(f"SET work_mem = '{work_mem}'".encode())
        lsn, before = (
            _one(server, "SELECT pg_current_wal_lsn()"),
            _one(server, temporary, name),
        )
        started = time.perf_counter()
        with watched(session.info.backend_pid) as peak:
            session.execute(call.encode())
        seconds = time.perf_counter() - started
        session.execute("SELECT pg_stat_force_next_flush()")
        wal = _one(server, "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), %s)", lsn)
        spilled = int(_one(server, temporary, name)) - int(before)
        print(
            f"{call:38} {work_mem:>8} {seconds:8.0f} s {int(wal) / 2**20:6.0f} MB of WAL "
            f"{peak.kilobytes / 1024:6.0f} MiB of memory {spilled / 2**20:6.0f} MB of files",
            flush=True,
        )


def _one(connection: psycopg.Connection, sql: str, *parameters: object) -> str:
    row = connection.execute(sql.encode(), parameters).fetchone()
    assert row
    return str(row[0])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    wanted = parser.parse_args()
    if wanted.rows < 1:
        parser.error(f"--rows must be at least 1, got {wanted.rows}")

    with private_cluster(find_installations()[0], {}) as cluster:
        settings = make_directus(cluster)
        with connect(settings) as connection:
            populate(connection, rows=wanted.rows, days=365, until=UNTIL, seed=1)
        run(settings)
        for number, (call, work_mem) in enumerate(CASES):
            with psycopg.connect(cluster.conninfo(), autocommit=True) as server:
                server.execute(f"CREATE DATABASE fold_{number} TEMPLATE directus".encode())
            measure(cluster, f"fold_{number}", call, work_mem)
        measure(cluster, f"fold_{number}", REBUILD, "64MB")


if __name__ == "__main__":
    main()
