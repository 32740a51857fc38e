"""The worker as a process: it leads or stands by, outlives its connection, and ends when told."""

import json
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
import pytest

from activity_sql.cluster import Cluster
from activity_sql.locks import WORKER_LOCK
from activity_sql.settings import Settings
from tests.faults.deploys import command, database_name, execute, finish, rows, run, until
from tests.support.command import activity_sql

JOBS = {
    "maintain-activity",
    "refresh-activity-collection-stats",
    "refresh-activity-daily-summary",
    "refresh-activity-hourly-stats",
    "refresh-activity-rollups",
    "refresh-activity-stats",
}
# What these say depends on what was folded before them.
VIEWS = re.compile("refresh-activity-(?!rollups)")
ROWS = """
    INSERT INTO directus_activity (action, ip, collection, item)
    SELECT 'update', '10.0.0.1', 'articles', '1' FROM generate_series(1, 100)
"""
FOLDED = "SELECT coalesce(sum(actions), 0)::int AS folded FROM activity_sql.activity_hour"
# In place of the job that comes first: one that a test can hold up or make fail.
MAINTAIN = """
    CREATE OR REPLACE FUNCTION maintain_activity_table()
        RETURNS TABLE (task text, detail text, duration_ms numeric) LANGUAGE plpgsql
    AS $$
    BEGIN
        {body}
        RETURN QUERY VALUES ('a', 'done', 1.0), ('b', 'done', 1.0);
    END
    $$
"""


@pytest.fixture
def settings(database: Settings) -> Settings:
    run(database)
    execute(database, ROWS)
    return database


def folded(settings: Settings) -> int:
    return rows(settings, FOLDED)[0]["folded"]


def once(settings: Settings, folder: Path) -> tuple[int, list[str]]:
    environment = {"DATABASE_URL": settings.conninfo}
    done = activity_sql("worker", "--once", folder=folder, environment=environment)
    assert done.stdout == ""
    return done.returncode, [line for line in done.stderr.splitlines() if not VIEWS.match(line)]


@contextmanager
def worker(settings: Settings, folder: Path) -> Iterator[subprocess.Popen[str]]:
    folder.mkdir(exist_ok=True)
    with command(settings, folder, "worker", "--health-file", "health.json") as process:
        yield process


def health(folder: Path) -> dict[str, Any]:
    try:
        return json.loads((folder / "health.json").read_text())
    except FileNotFoundError:
        return {"state": "none", "jobs": {}}


def until_state(state: str, folder: Path) -> None:
    until(lambda: health(folder)["state"] == state)


def until_run(folder: Path) -> None:
    until(lambda: health(folder)["jobs"].keys() == JOBS)


def leader(superuser: psycopg.Connection, settings: Settings) -> int | None:
    """The process id of the session that holds the worker's lock."""
    row = superuser.execute(
        "SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = database "
        "WHERE locktype = 'advisory' AND (classid, objid) = (%s, %s) AND datname = %s",
        [*WORKER_LOCK, database_name(settings)],
    ).fetchone()
    return row[0] if row else None


def test_once_runs_every_job(settings: Settings, tmp_path: Path) -> None:
    code, lines = once(settings, tmp_path)
    assert (code, folded(settings)) == (0, 100)
    assert lines[0].startswith("maintain-activity: refresh: 100 rows folded, 0 in the tail;")
    # Nothing was left to fold for the other one.
    assert len(lines) == 2
    assert lines[1].startswith("refresh-activity-rollups: published ")

    execute(settings, MAINTAIN.format(body=""))
    execute(settings, ROWS)
    code, lines = once(settings, tmp_path)
    assert (code, folded(settings)) == (0, 200)
    assert lines[0].startswith("maintain-activity: a: done; b: done (")
    assert lines[1].startswith("refresh-activity-rollups: folded 100 rows up to id 200, 0 left")


def test_a_failing_job_does_not_stop_the_others(settings: Settings, tmp_path: Path) -> None:
    execute(
        settings, MAINTAIN.format(body="RAISE EXCEPTION E'no\\nway' USING HINT = 'Turn back.';")
    )
    code, lines = once(settings, tmp_path)
    assert (code, folded(settings)) == (2, 100)
    assert lines[0].startswith("maintain-activity: failed: no way (SQLSTATE P0001). Turn back. (")
    assert lines[1].startswith("refresh-activity-rollups: folded 100 rows")

    with worker(settings, tmp_path) as process:
        until_run(tmp_path)
        jobs = health(tmp_path)["jobs"]
        assert {name: job["last_status"] for name, job in jobs.items()} == {
            name: "failed" if name == "maintain-activity" else "ok" for name in JOBS
        }
        assert process.poll() is None


def test_a_failing_task_of_the_maintenance_is_a_failure(settings: Settings, tmp_path: Path) -> None:
    body = "RETURN QUERY VALUES ('reconcile', 'failed: no way (SQLSTATE P0001)', 1.0);"
    execute(settings, MAINTAIN.format(body=body))
    code, (maintain, refresh) = once(settings, tmp_path)
    assert (code, folded(settings)) == (2, 100)
    assert maintain.startswith(
        "maintain-activity: reconcile: failed: no way (SQLSTATE P0001); a: done; b: done ("
    )
    assert refresh.startswith("refresh-activity-rollups: folded 100 rows")


def test_what_stands_still_is_said_with_its_mend(settings: Settings, tmp_path: Path) -> None:
    execute(settings, "ALTER SEQUENCE directus_activity_id_seq CACHE 10")
    code, (maintain, refresh) = once(settings, tmp_path)
    assert code == 2
    assert maintain.startswith("maintain-activity: refresh: failed: ")
    assert "; reconcile: 0 hours folded again" in maintain
    assert refresh.startswith("refresh-activity-rollups: failed: ")
    assert "(SQLSTATE 55000). " in refresh
    assert "CACHE 1" in refresh.split("(SQLSTATE 55000). ")[1]


def test_the_health_file_of_a_leader(settings: Settings, tmp_path: Path) -> None:
    before = datetime.now(UTC)
    with worker(settings, tmp_path):
        until_run(tmp_path)
        found = health(tmp_path)
    now = datetime.now(UTC)
    assert found["state"] == "leader"
    assert before <= datetime.fromisoformat(found["at"]) <= now
    for name, job in found["jobs"].items():
        assert job.keys() == {"last_run", "last_status", "duration_ms", "next_run"}
        last, following = (datetime.fromisoformat(job[key]) for key in ("last_run", "next_run"))
        assert before <= last <= now
        assert last < following
        assert following.second == 0
        is_daily = name in ("maintain-activity", "refresh-activity-daily-summary")
        assert following - last <= timedelta(days=is_daily, minutes=15)
        assert 0 <= job["duration_ms"] < 60_000
        assert job["last_status"] == "ok"


def test_a_standby_takes_over_from_a_killed_leader(
    settings: Settings, superuser: psycopg.Connection, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    with worker(settings, first) as leading, worker(settings, second) as standing_by:
        until(lambda: "leader" in (health(first)["state"], health(second)["state"]))
        until(lambda: "standby" in (health(first)["state"], health(second)["state"]))
        if health(second)["state"] == "leader":
            first, second, leading, standing_by = second, first, standing_by, leading
        until_run(first)
        assert folded(settings) == 100
        assert health(second) | {"at": None} == {"state": "standby", "at": None, "jobs": {}}
        session = leader(superuser, settings)
        execute(settings, ROWS)
        leading.kill()
        until_state("leader", second)
        until_run(second)
        assert folded(settings) == 200
        assert leader(superuser, settings) not in (None, session)
        standing_by.send_signal(signal.SIGTERM)
        code, errors = finish(standing_by)
    assert code == 0
    assert [line.split(":")[0] for line in errors.splitlines()[:2]] == [
        "Another worker leads; standing by.",
        "Leading",
    ]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("state", ["leader", "standby"])
def test_a_signal_ends_it_gracefully(
    settings: Settings,
    superuser: psycopg.Connection,
    tmp_path: Path,
    number: signal.Signals,
    state: str,
) -> None:
    with psycopg.connect(settings.conninfo) as other:
        if state == "standby":
            other.execute("SELECT pg_advisory_lock(%s, %s)", WORKER_LOCK)
        with worker(settings, tmp_path) as process:
            until_state(state, tmp_path)
            process.send_signal(number)
            code, errors = finish(process, 20)
    assert (code, "Traceback" in errors) == (0, False)
    assert list(tmp_path.iterdir()) == []
    until(lambda: leader(superuser, settings) is None)


def test_a_job_is_finished_before_it_ends(settings: Settings, tmp_path: Path) -> None:
    with psycopg.connect(settings.conninfo) as holder:
        holder.execute("SELECT FROM activity_sql.watermark FOR UPDATE")
        with worker(settings, tmp_path) as process:
            until(lambda: waits(settings))
            process.send_signal(signal.SIGTERM)
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(1)
            holder.rollback()
            code, errors = finish(process, 20)
    assert code == 0
    assert "reconcile: 0 hours folded again" in errors
    assert "refresh-activity-rollups" not in errors.splitlines()[-1]


def test_a_job_that_goes_on_for_too_long_is_cancelled(settings: Settings, tmp_path: Path) -> None:
    execute(settings, MAINTAIN.format(body="PERFORM pg_sleep(600);"))
    with worker(settings, tmp_path) as process:
        until(lambda: sleeps(settings))
        process.send_signal(signal.SIGTERM)
        code, errors = finish(process, 30)
    assert code == 0
    assert errors.splitlines()[-1].startswith("maintain-activity failed: ")
    assert "(SQLSTATE 57014)" in errors
    assert not sleeps(settings)


def waits(settings: Settings) -> bool:
    return bool(activity_of(settings, "wait_event_type = 'Lock'"))


def sleeps(settings: Settings) -> bool:
    return bool(activity_of(settings, "wait_event = 'PgSleep'"))


def activity_of(settings: Settings, condition: str) -> list[dict[str, Any]]:
    return rows(
        settings,
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
        f"AND application_name = 'activity-sql' AND {condition}",
    )


def test_a_lost_connection_is_made_again_and_the_other_job_runs(
    settings: Settings, superuser: psycopg.Connection, tmp_path: Path
) -> None:
    execute(settings, MAINTAIN.format(body="PERFORM pg_sleep(600);"))
    with worker(settings, tmp_path) as process:
        (busy,) = until(lambda: activity_of(settings, "wait_event = 'PgSleep'"))
        superuser.execute("SELECT pg_terminate_backend(%s)", [busy["pid"]])
        until_run(tmp_path)
        assert health(tmp_path)["state"] == "leader"
        assert health(tmp_path)["jobs"]["maintain-activity"]["last_status"] == "failed"
        assert folded(settings) == 100
        idle = leader(superuser, settings)
        superuser.execute("SELECT pg_terminate_backend(%s)", [idle])
        until(lambda: leader(superuser, settings) not in (None, idle))
        process.send_signal(signal.SIGTERM)
        code, errors = finish(process)
    assert code == 0
    assert errors.count("The connection was lost: ") == 2
    assert errors.count("Leading: ") == 3


def test_it_waits_longer_each_time_for_a_database_that_is_away(
    settings: Settings, cluster: Cluster, tmp_path: Path
) -> None:
    allow = f'ALTER DATABASE "{database_name(settings)}" ALLOW_CONNECTIONS '
    with (
        psycopg.connect(cluster.conninfo(), autocommit=True) as superuser,
        worker(settings, tmp_path) as process,
    ):
        until_run(tmp_path)
        superuser.execute(f"{allow} false")
        superuser.execute("SELECT pg_terminate_backend(%s)", [leader(superuser, settings)])
        overdue = threading.Timer(60, process.kill)
        overdue.start()
        lost = list(islice((line for line in process.stderr if "Reconnecting" in line), 3))
        overdue.cancel()
        assert health(tmp_path)["state"] == "reconnecting"
        superuser.execute(f"{allow} true")
        until_state("leader", tmp_path)
    assert [line.rsplit(" Reconnecting ", 1)[1] for line in lost] == [
        "in 1 s.\n",
        "in 2 s.\n",
        "in 4 s.\n",
    ]


@pytest.mark.parametrize(
    ("conninfo", "arguments", "code", "said"),
    [
        ("host=127.0.0.1 port=1", (), 3, "cannot be reached"),
        (None, ("--health-file", "/dev/null/x"), 1, "/dev/null/x cannot be written"),
    ],
)
def test_what_is_wrong_at_the_start_ends_it(
    settings: Settings,
    tmp_path: Path,
    conninfo: str | None,
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    environment = {"DATABASE_URL": conninfo or settings.conninfo}
    done = activity_sql("worker", *arguments, folder=tmp_path, environment=environment)
    *_, cause, mend = done.stderr.splitlines()
    assert (done.returncode, said in cause, bool(mend)) == (code, True, True)
