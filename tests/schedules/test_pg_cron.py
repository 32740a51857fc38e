"""A real pg_cron runs the jobs: in Directus's database, and from another one of the server."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from activity_sql.cluster import Cluster, Installation, find_installations
from activity_sql.settings import Settings
from tests.directus.database import Database, create
from tests.faults.deploys import command, finish, phase, private_cluster, until
from tests.support.command import activity_sql
from tests.support.directus import ACTIVITY_TABLES

JOBS = {
    "maintain-activity",
    "refresh-activity-collection-stats",
    "refresh-activity-daily-summary",
    "refresh-activity-hourly-stats",
    "refresh-activity-rollups",
    "refresh-activity-stats",
}
ROWS = """
    INSERT INTO directus_activity (action, ip, collection, item)
    SELECT 'update', '10.0.0.1', 'articles', '1' FROM generate_series(1, 100)
"""
# The next minute, and then some.
A_MINUTE = 90


@dataclass(frozen=True)
class Place:
    """A Directus database `directus`, and the database in which the same server has pg_cron."""

    cluster: Cluster
    database: Database
    home: str
    folder: Path

    def run(self, *arguments: str) -> str:
        return self.database.activity_sql(*arguments, folder=self.folder)

    def try_to(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return activity_sql(*arguments, folder=self.folder, environment=self.database.environment)

    def superuser(self) -> psycopg.Connection:
        """In pg_cron's database."""
        return psycopg.connect(
            self.cluster.conninfo(self.home), autocommit=True, row_factory=dict_row
        )

    def cron_jobs(self) -> dict[str, int]:
        with self.superuser() as session:
            rows = session.execute("SELECT jobname, jobid FROM cron.job ORDER BY jobid").fetchall()
        return {row["jobname"]: row["jobid"] for row in rows}

    def asked(self, question: str) -> list[dict[str, object]]:
        with psycopg.connect(self.database.conninfo, row_factory=dict_row) as session:
            return session.execute(question.encode()).fetchall()


@pytest.fixture(scope="module")
def with_cron() -> Installation:
    """PostgreSQL 15 from Debian, which packages pg_cron; the wheel has none."""
    return next(one for one in find_installations() if one.origin == "system")


def place(stack: ExitStack, installation: Installation, home: str, folder: Path) -> Place:
    settings = {
        "fsync": "off",
        "shared_buffers": "32MB",
        "shared_preload_libraries": "pg_cron",
        "cron.database_name": home,
        # Without it a job connects as any client does, and has no password for SCRAM.
        "cron.use_background_workers": "on",
        "max_worker_processes": "20",
    }
    cluster = stack.enter_context(private_cluster(installation, settings))
    database = create(cluster, "directus")
    folder.mkdir()
    with psycopg.connect(database.conninfo) as session:
        session.execute(ACTIVITY_TABLES.read_bytes())
    found = Place(cluster, database, home, folder)
    with found.superuser() as session:
        session.execute("CREATE EXTENSION pg_cron")
    return found


@pytest.fixture(scope="module")
def places(
    with_cron: Installation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Place]]:
    """pg_cron beside Directus's database and in it; side by side, so that both wait one minute."""
    folder = tmp_path_factory.mktemp("cron")
    with ExitStack() as stack:
        yield {
            home: place(stack, with_cron, home, folder / home) for home in ("postgres", "directus")
        }


def grant(place: Place) -> list[str]:
    """Migrate, and as a superuser run just the statements that this prints."""
    said = place.run("migrate")
    statements = re.findall(r"^  (GRANT .*;)$", said, re.MULTILINE)
    assert f"pg_cron in database {place.home} is not ours to use" in said
    with place.superuser() as session:
        for statement in statements:
            session.execute(statement.encode())
    return statements


def test_it_runs_the_jobs(places: dict[str, Place]) -> None:
    said = {}
    for home, there in places.items():
        statements = grant(there)
        assert len(statements) == (2 if home == "postgres" else 1)
        assert there.cron_jobs() == {}
        assert there.asked("SELECT count(*) AS jobs FROM v_activity_jobs WHERE last_run IS NULL")[
            0
        ] == {"jobs": len(JOBS)}
        there.asked(f"{ROWS} RETURNING 1")
        # Nothing is left to deploy, and the jobs come all the same.
        said[home] = there.run("migrate")
    assert set(places["directus"].cron_jobs()) == JOBS
    assert set(places["postgres"].cron_jobs()) == {
        f"{name}@directus" for name in JOBS | {"clean-activity-job-log"}
    }
    for home, jobs in (("directus", 6), ("postgres", 7)):
        assert f"pg_cron in database {home} runs {jobs} jobs" in said[home]

    for there in places.values():
        (row,) = until(
            lambda there=there: there.asked(
                """
                SELECT last_status, settled_id
                FROM v_activity_jobs, activity_sql.watermark
                WHERE job_name = 'refresh-activity-rollups' AND last_run IS NOT NULL
                """
            ),
            seconds=A_MINUTE,
            pause=0.5,
        )
        assert row == {"last_status": "ok", "settled_id": 100}
        with there.superuser() as session:
            runs = session.execute("SELECT DISTINCT username FROM cron.job_run_details").fetchall()
        assert runs == [{"username": "directus"}]


def test_a_second_migrate_changes_nothing(places: dict[str, Place]) -> None:
    for there in places.values():
        before = there.cron_jobs()
        assert f"{len(before)} jobs" in there.run("migrate")
        assert there.cron_jobs() == before
        assert f"runs {len(before)} jobs" in there.run("status")


def test_what_was_changed_by_hand_is_said_and_comes_back(places: dict[str, Place]) -> None:
    for there in places.values():
        before = there.cron_jobs()
        names = sorted(before)[1:5]
        first, second, third, fourth = (before[name] for name in names)
        with there.superuser() as session:
            session.execute(f"UPDATE cron.job SET schedule = '* * 1 1 *' WHERE jobid = {first}")
            session.execute(f"DELETE FROM cron.job WHERE jobid = {second}")
            session.execute(f"UPDATE cron.job SET active = false WHERE jobid = {third}")
            session.execute(f"UPDATE cron.job SET command = 'SELECT 1' WHERE jobid = {fourth}")
        done = there.try_to("status")
        assert done.returncode == 2
        lines = done.stdout.splitlines()
        (at,) = (n for n, line in enumerate(lines) if "does not have the jobs" in line)
        assert lines[at].startswith(f"pg_cron in database {there.home} ")
        assert [line.split("'")[0].strip() for line in lines[at + 1 : at + 5]] == [
            f"{names[0]} has the schedule",
            f"{names[1]} is missing",
            f"{names[2]} is not active",
            f"{names[3]} runs another command: SELECT 1",
        ]
        there.run("migrate")
        assert there.cron_jobs().keys() == before.keys()
        assert "does not have" not in there.run("status")


def test_a_wrong_home_is_an_error(places: dict[str, Place]) -> None:
    there = places["postgres"]
    for wrong, cause in (("nowhere", "cannot be reached"), ("template1", "no extension pg_cron")):
        toml = there.folder / "wrong.toml"
        toml.write_text(f'[cron]\ndatabase = "{wrong}"\n')
        for arguments in (["migrate"], ["status"], ["uninstall", "--yes"]):
            done = there.try_to(*arguments, "--config", str(toml))
            assert done.returncode == 1
            assert f"pg_cron is not in the database '{wrong}', which [cron] names" in done.stderr
            assert cause in done.stderr
            assert "take [cron] out" in done.stderr
    assert "jobs" in there.run("status")


def test_the_log_of_jobs_is_cleaned(places: dict[str, Place]) -> None:
    there = places["postgres"]
    old = """
        INSERT INTO cron.job_run_details (runid, database, username, start_time, end_time)
        SELECT -number, %s, %s, now() - interval '9 days', now() - number * interval '4 days'
        FROM generate_series(1, 2) AS number
    """
    with there.superuser() as session:
        session.execute(old, ["directus", "directus"])
        (job,) = session.execute(
            "SELECT command FROM cron.job WHERE jobname = 'clean-activity-job-log@directus'"
        ).fetchall()
        session.execute("SET ROLE directus")
        session.execute(job["command"].encode())
        left = session.execute("SELECT runid FROM cron.job_run_details WHERE runid < 0").fetchall()
    assert left == [{"runid": -1}]


def test_killed_before_its_commit_a_second_uninstall_unschedules(
    places: dict[str, Place],
) -> None:
    for there in places.values():
        with there.superuser() as session, session.transaction():
            session.execute("LOCK TABLE cron.job IN ACCESS EXCLUSIVE MODE")
            settings = Settings(conninfo=there.database.conninfo)
            with (
                command(settings, there.folder, "uninstall", "--yes") as process,
                psycopg.connect(there.cluster.conninfo(), autocommit=True) as watcher,
            ):
                until(lambda s=settings, w=watcher: phase(w, s) == "unscheduling")
                process.kill()
                finish(process)
        assert there.cron_jobs()
        there.run("uninstall", "--yes")
        assert there.cron_jobs() == {}
        there.run("migrate")
        assert there.cron_jobs()


def test_an_uninstall_takes_only_ours_along(places: dict[str, Place]) -> None:
    for there in places.values():
        with there.superuser() as session:
            session.execute("SELECT cron.schedule('of the user', '0 0 1 1 *', 'SELECT 1')")
        there.run("uninstall", "--yes")
        assert set(there.cron_jobs()) == {"of the user"}


def test_without_pg_cron_the_worker_is_named(with_cron: Installation, tmp_path: Path) -> None:
    with private_cluster(with_cron, {"fsync": "off", "shared_buffers": "32MB"}) as cluster:
        database = create(cluster, "directus")
        with psycopg.connect(database.conninfo) as session:
            session.execute(ACTIVITY_TABLES.read_bytes())
        said = database.activity_sql("migrate", folder=tmp_path)
    assert "No pg_cron here: `activity-sql worker` runs the jobs." in said
