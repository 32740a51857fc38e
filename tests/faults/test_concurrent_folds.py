"""Writers, readers and killed refreshers for the better part of a minute: nothing is lost."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import psycopg
import pytest

from activity_sql.cluster import Cluster, Installation
from activity_sql.settings import Settings
from tests.faults.deploys import execute, make_directus, private_cluster, rows, run, until
from tests.faults.fold_oracle import any_window, compare, compare_rollups
from tests.faults.fold_writers import delete, write, write_prepared

SECONDS = 40
WRITERS = 8
READERS = 2
REFRESHERS = 2
ROOT = Path(__file__).parents[2]
SERVER = {
    "fsync": "off",
    "shared_buffers": "128MB",
    "max_prepared_transactions": "5",
    "track_commit_timestamp": "on",
    "autovacuum_naptime": "1s",
}
# A fold that leaves nothing settled is up with the writers, where rows can be lost.
FOLDS = """
    SELECT count(*), count(*) FILTER (WHERE NOT more) AS caught_up FROM fold_log
"""
# Of the rows that are left. Two transactions whose ids interleave were open at the same time.
OVERLAPS = """
    WITH written AS (
        SELECT id, xmin, pg_xact_commit_timestamp(xmin) AS committed FROM directus_activity
    ),
    transactions AS (
        SELECT min(id) AS first_id, max(id) AS last_id FROM written GROUP BY xmin
    )
    SELECT
        (
            SELECT count(*) FROM (
                SELECT first_id < max(last_id) OVER (
                    ORDER BY first_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                ) AS is_interleaved
                FROM transactions
            ) AS neighbours WHERE is_interleaved
        ) AS overlapping,
        (
            SELECT count(*) FROM (
                SELECT committed > min(committed) OVER (
                    ORDER BY id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                ) AS is_late
                FROM written
            ) AS ordered WHERE is_late
        ) AS late_ids
"""


@contextmanager
def refresher(
    settings: Settings, name: str, killer: psycopg.Connection
) -> Iterator[subprocess.Popen[str]]:
    """A process that refreshes until it is killed, once it has its session."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.refresher", name],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DATABASE_URL": settings.conninfo},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            until(lambda: find(killer, name) or process.poll() is not None)
            yield process
        finally:
            process.kill()


def refresh_and_kill(
    cluster: Cluster, settings: Settings, number: int, stop: Event
) -> Counter[tuple[str, str]]:
    """One refresher after the other; what was killed, and what its session was at."""
    dice = random.Random(number)
    kills: Counter[tuple[str, str]] = Counter()
    with psycopg.connect(cluster.conninfo(), autocommit=True) as killer:
        while not stop.is_set():
            name = f"refresher {number}.{kills.total()}"
            how = dice.choice(("client", "backend"))
            with refresher(settings, name, killer) as process:
                stop.wait(dice.uniform(0.1, 1.5))
                kills[how, kill(killer, name, how, process)] += 1
    return kills


def find(killer: psycopg.Connection, name: str, action: str = "true") -> str:
    """What the session of that name is at, '' if there is none; and do that to it."""
    session = killer.execute(
        f"SELECT state, {action} FROM pg_stat_activity WHERE application_name = %s", [name]
    ).fetchone()
    return session[0] or "starting" if session else ""


def kill(killer: psycopg.Connection, name: str, how: str, process: subprocess.Popen[str]) -> str:
    """What its session was at."""
    state = find(killer, name, "pg_terminate_backend(pid)" if how == "backend" else "true")
    if how == "client":
        process.kill()
    _, errors = process.communicate(timeout=20)
    # One that lost its session leaves quietly; any other end is a refresh that failed.
    assert process.returncode in (0, -signal.SIGKILL), errors
    assert state, f"a refresher ended by itself: {errors}"
    return state


def read(settings: Settings, number: int, stop: Event) -> Counter[str]:
    """How many snapshots were compared, and in how many of them the naive fold was wrong."""
    dice = random.Random(number)
    compared: Counter[str] = Counter()
    while not stop.is_set():
        naive_was_right = compare(settings, [any_window(dice)])
        compared["snapshots"] += 1
        compared["naive_wrong"] += not naive_was_right
    return compared


def finish(settings: Settings) -> None:
    """Fold what is left; a session whose client was killed may still be at it."""

    def is_folded() -> bool:
        (step,) = rows(settings, "SELECT * FROM refresh_activity_rollups()")
        execute(settings, f"INSERT INTO fold_log VALUES ({step['folded_rows']}, {step['more']})")
        return step["lag_rows"] == 0

    until(is_folded, seconds=15)
    execute(settings, "SELECT refresh_naively()")


def test_concurrent_folds(installation: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    started = time.monotonic()
    stop = Event()
    with private_cluster(installation, SERVER) as cluster, ThreadPoolExecutor(20) as pool:
        settings = make_directus(cluster)
        run(settings)
        execute(settings, (ROOT / "tests/faults/folding.sql").read_text())

        writers = [pool.submit(write, settings, number, stop) for number in range(WRITERS)]
        others = [pool.submit(job, settings, stop) for job in (write_prepared, delete)]
        readers = [pool.submit(read, settings, number, stop) for number in range(READERS)]
        refreshers = [
            pool.submit(refresh_and_kill, cluster, settings, number, stop)
            for number in range(REFRESHERS)
        ]
        try:
            jobs = [*writers, *others, *readers, *refreshers]
            wait(jobs, timeout=SECONDS, return_when=FIRST_EXCEPTION)
        finally:
            stop.set()
        transactions = [job.result() for job in (*writers, *others)]
        compared = sum((job.result() for job in readers), Counter())
        kills = sum((job.result() for job in refreshers), Counter())

        (folds,) = rows(settings, FOLDS)
        finish(settings)
        dice = random.Random("end")
        compare(settings, [any_window(dice) for _ in range(10)])
        counted = compare_rollups(settings)
        (found,) = rows(settings, OVERLAPS)
        (naive,) = rows(settings, "SELECT folded_rows FROM naive_fold")
    lost = counted - naive["folded_rows"]

    killed = ", ".join(f"{how} {state} {count}" for (how, state), count in kills.items())
    with capsys.disabled():
        print(
            f"""
{sum(transactions)} transactions ({transactions[-2]} prepared, {transactions[-1]} deletes), \
{found["overlapping"]} of them overlapping
{counted} rows, {found["late_ids"]} with an id that became visible after a higher one
{folds["count"]} folds, {folds["caught_up"]} of them of all that had settled
{kills.total()} kills of a refresher: {killed}
{compared["snapshots"]} snapshots compared, all equal
naive fold: wrong in {compared["naive_wrong"]} of them, {lost} rows lost
{time.monotonic() - started:.0f} s"""
        )
    assert folds["caught_up"] > 0
    assert found["overlapping"] > 0
    assert found["late_ids"] > 0
    in_a_refresh = {how for how, state in kills if state in ("active", "idle in transaction")}
    assert in_a_refresh == {"client", "backend"}
    assert compared["snapshots"] > 0
    assert lost > 0
