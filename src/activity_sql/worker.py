"""Runs the jobs at their times: one worker leads, others stand by for it."""

import json
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from activity_sql import db
from activity_sql.errors import DatabaseError, UsageError
from activity_sql.jobs import Job
from activity_sql.locks import WORKER_LOCK, refuse_transaction_pooler, try_lock
from activity_sql.settings import Settings

_TICK_SECONDS = 0.1
_POLL_SECONDS = 1.0
_BEAT_SECONDS = 10.0
_STOP_SECONDS = 10.0
_PAUSES_SECONDS = (1.0, 30.0)


@dataclass(frozen=True)
class _Run:
    """The last run of a job under this worker, and when the next is due."""

    last_run: datetime
    last_status: str
    duration_ms: int
    next_run: datetime


class Worker:
    """One process's share in the jobs; `log` takes a line for people.

    `health_file` is JSON, replaced after each job and every 10 s, and removed at the end: {"state":
    "leader", "standby" or "reconnecting", "at": time, "jobs": {name: fields of _Run}}, with the
    jobs that this worker has run.
    """

    def __init__(
        self,
        settings: Settings,
        jobs: Sequence[Job],
        log: Callable[[str], None],
        health_file: Path | None = None,
    ) -> None:
        self._settings = settings
        self._jobs = jobs
        self._log = log
        self._health_file = health_file
        self._state = "starting"
        self._runs: dict[str, _Run] = {}
        self._beat_at = 0.0
        self._cancel_at: float | None = None

    def stop(self, *_signal: object) -> None:
        """End soon: a handler of signals. A job may go on for 10 s, then it is cancelled."""
        self._cancel_at = self._cancel_at or time.monotonic() + _STOP_SECONDS

    def run_once(self) -> bool:
        """Run every job now, whoever leads; whether all went well.

        Raises:
            DatabaseError: the server cannot be reached, or the connection was lost.
        """
        with db.connect(self._settings) as connection:
            for job in self._jobs:
                self._run(connection, job)
        return all(run.last_status == "ok" for run in self._runs.values())

    def work(self) -> None:
        """Lead or stand by until `stop`. What this worker never ran is due at once.

        A lost connection is made again, after pauses of 1 to 30 s; what was due meanwhile runs
        once.

        Raises:
            DatabaseError: the first connection cannot be made, or is a pooler's in transaction
                mode.
            UsageError: the health file cannot be written.
        """
        pause = None
        try:
            while not self._stopping:
                try:
                    with db.connect(self._settings) as connection:
                        refuse_transaction_pooler(connection, self._settings)
                        pause = _PAUSES_SECONDS[0]
                        self._serve(connection)
                except DatabaseError as error:
                    if pause is None:
                        raise
                    self._log(_line(error.cause, f"Reconnecting in {pause:g} s."))
                    self._enter("reconnecting")
                    self._sleep(pause)
                    pause = min(2 * pause, _PAUSES_SECONDS[1])
        finally:
            if self._health_file:
                with suppress(OSError):
                    self._health_file.unlink()

    @property
    def _stopping(self) -> bool:
        return self._cancel_at is not None

    def _serve(self, connection: db.Connection) -> None:
        if not try_lock(connection, WORKER_LOCK):
            self._log("Another worker leads; standing by.")
            self._enter("standby")
            while not try_lock(connection, WORKER_LOCK):
                self._sleep(_POLL_SECONDS)
                if self._stopping:
                    return
        self._log(f"Leading: {', '.join(job.name for job in self._jobs)}.")
        self._enter("leader")
        while not self._stopping:
            for job in self._jobs:
                run = self._runs.get(job.name)
                if run is None or run.next_run <= datetime.now(UTC):
                    self._run(connection, job)
            self._sleep(_POLL_SECONDS)
            # So that a connection lost between two jobs is missed now.
            db.query_sql(connection, "SELECT 1")

    def _run(self, connection: db.Connection, job: Job) -> None:
        if self._stopping:
            return
        started, clock = datetime.now(UTC), time.monotonic()
        # In another thread, so that this one goes on beating and sees a signal.
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(_rows, connection, job)
            while not wait([future], _TICK_SECONDS).done:
                self._beat()
                if self._cancel_at and time.monotonic() > self._cancel_at:
                    db.cancel(connection)
        error = future.exception()
        rows = [] if error else future.result()
        status = "failed" if error or any(row["failed"] for row in rows) else "ok"
        duration_ms = round((time.monotonic() - clock) * 1000)
        # It has had its turn even where the connection went with it: that may be its doing.
        self._runs[job.name] = _Run(started, status, duration_ms, job.next_run(started))
        self._write_health()
        if rows and rows[0]["said"]:
            self._log(f"{job.name}: {_line(rows[0]['said'])} ({duration_ms} ms).")
        elif isinstance(error, db.StatementError) and not connection.closed:
            failure = db.explained(error)
            self._log(_line(f"{job.name} failed:", failure.cause, failure.mend or ""))
        elif error:
            raise error

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._stopping and time.monotonic() < end:
            self._beat()
            time.sleep(_TICK_SECONDS)

    def _enter(self, state: str) -> None:
        self._state = state
        self._write_health()

    def _beat(self) -> None:
        if time.monotonic() > self._beat_at:
            self._write_health()

    def _write_health(self) -> None:
        self._beat_at = time.monotonic() + _BEAT_SECONDS
        if self._health_file is None:
            return
        jobs = {name: asdict(run) for name, run in self._runs.items()}
        health = {"state": self._state, "at": datetime.now(UTC), "jobs": jobs}
        text = json.dumps(health, default=datetime.isoformat, indent=2)
        whole = self._health_file.with_name(f".{self._health_file.name}.{os.getpid()}")
        try:
            whole.write_text(f"{text}\n", encoding="utf-8")
            whole.replace(self._health_file)
        except OSError as error:
            raise UsageError(
                f"{self._health_file} cannot be written: {error}.",
                mend="Name another --health-file.",
            ) from error


def _rows(connection: db.Connection, job: Job) -> list[db.Row]:
    with db.tool_transaction(connection):
        return db.query(connection, "run_job", {"name": job.name})


def _line(*texts: str) -> str:
    return " ".join(" ".join(texts).split())
