"""Deploys as processes of their own, what they are at, and what they leave behind."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from activity_sql import cluster as clusters
from activity_sql.cluster import Cluster, Installation
from activity_sql.db import connect
from activity_sql.deploy import deploy
from activity_sql.release import Release, load_linted_release
from activity_sql.remove import uninstall
from activity_sql.settings import Settings
from tests.support.command import ACTIVITY_SQL
from tests.support.directus import ACTIVITY_TABLES, ROLE

RELEASE = load_linted_release(Settings())
INDEX = "directus_activity_timestamp_index"
DEFINED = {item.object for item in RELEASE.definitions if item.kind != "index"}
OBJECTS = DEFINED | {migration.name for migration in RELEASE.migrations}

# The session of a deploy; the one that watches for blockers connects later.
SESSION = """
    SELECT pid, application_name FROM pg_stat_activity
    WHERE datname = %s AND application_name LIKE 'activity-sql%%'
    ORDER BY backend_start, pid LIMIT 1
"""

# Of one snapshot, so that a commit in between cannot make it look half.
INVENTORY = """
    SELECT 'schema' AS kind, nspname::text AS schema, '' AS name FROM pg_namespace
    WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
    UNION ALL
    SELECT 'relation', nspname, relname FROM pg_class
    JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = 'activity_sql'
    UNION ALL
    SELECT 'function', nspname, proname FROM pg_proc
    JOIN pg_namespace ON pg_namespace.oid = pronamespace
    WHERE nspname IN ('activity_sql', 'public')
    ORDER BY 1, 2, 3
"""


def run(settings: Settings, release: Release = RELEASE) -> None:
    """A deploy in this process."""
    with connect(settings) as connection:
        deploy(connection, release, settings)


def rows(settings: Settings, sql: str) -> list[dict[str, Any]]:
    with psycopg.connect(settings.conninfo, row_factory=dict_row) as connection:
        return connection.execute(sql).fetchall()


def execute(settings: Settings, sql: str) -> None:
    with psycopg.connect(settings.conninfo, autocommit=True) as connection:
        connection.execute(sql)


def until(condition: Callable[[], Any], seconds: float = 60, pause: float = 0.02) -> Any:
    """What `condition` returns once that is true; fails where it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not true within {seconds} s"
        time.sleep(pause)
    return found


@contextmanager
def command(settings: Settings, folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`activity-sql` with these arguments, as it runs; killed where the test is done with it."""
    process = subprocess.Popen(
        [str(ACTIVITY_SQL), *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "DATABASE_URL": settings.conninfo},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def finish(process: subprocess.Popen[str], seconds: float = 120) -> tuple[int, str]:
    """Its exit code and what it wrote to standard error."""
    _, errors = process.communicate(timeout=seconds)
    return process.returncode, errors


def short_lock_timeout(folder: Path, seconds: float) -> None:
    """For the commands that are run in `folder`."""
    (folder / "activity-sql.toml").write_text(f"[database]\nlock_timeout_seconds = {seconds}\n")


def database_name(settings: Settings) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(settings.conninfo)["dbname"])


def phase(watcher: psycopg.Connection[Any], settings: Settings) -> str | None:
    """What the deploy says it is at: '' when just connected, None without a connection."""
    session = watcher.execute(SESSION, [database_name(settings)]).fetchone()
    if session is None:
        return None
    return str(session[1]).removeprefix("activity-sql").removeprefix(": ")


def waits_for_a_lock(watcher: psycopg.Connection[Any], settings: Settings) -> bool:
    """Whether the deploy waits in the middle of its work."""
    return (
        watcher.execute(
            "SELECT FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock' "
            "AND application_name ~ '^activity-sql: (applying|building)'",
            [database_name(settings)],
        ).fetchone()
        is not None
    )


def inventory(settings: Settings) -> list[dict[str, Any]]:
    """Every schema, what is in ours, and the functions in ours and Directus's."""
    return rows(settings, INVENTORY)


def recorded(settings: Settings) -> set[str]:
    """What the ledger holds."""
    return {row["object"] for row in rows(settings, "SELECT object FROM activity_sql.ledger")}


def index_state(settings: Settings) -> str:
    """Of the index on "timestamp": absent, valid or invalid."""
    found = rows(
        settings,
        f"SELECT indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid "
        f"WHERE relname = '{INDEX}'",
    )
    assert len(found) <= 1
    return {True: "valid", False: "invalid"}[found[0]["indisvalid"]] if found else "absent"


def fill_without_index(settings: Settings, count: int) -> None:
    """Rows of activity, and no index on "timestamp": the database of a Directus before 11."""
    execute(settings, f"DROP INDEX {INDEX}")
    execute(
        settings,
        f"""
        INSERT INTO directus_activity (action, "timestamp", ip, collection, item)
        SELECT 'update', '2026-01-01'::timestamptz + random() * interval '90 days',
            '10.0.0.' || number % 256, 'articles', number::text
        FROM generate_series(1, {count}) AS number
        """,
    )


def reset(settings: Settings) -> None:
    """Back to a database without anything of ours, and without the index."""
    with connect(settings) as connection:
        uninstall(connection, settings, keep_data=False)
    execute(settings, f"DROP INDEX CONCURRENTLY {INDEX}")


@contextmanager
def private_cluster(installation: Installation, settings: dict[str, str]) -> Iterator[Cluster]:
    """A cluster of the test's own, with Directus's role."""
    with clusters.temporary(installation, settings=settings) as running:
        with psycopg.connect(running.conninfo(), autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{running.password}'")
        yield running


def make_directus(cluster: Cluster, name: str = "directus", more: str = "") -> Settings:
    """A database with Directus's tables on `cluster`, as Directus's role."""
    with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER {ROLE} {more}")
    settings = on(cluster, name)
    with psycopg.connect(settings.conninfo) as connection:
        connection.execute(ACTIVITY_TABLES.read_bytes())
    return settings


def on(cluster: Cluster, name: str = "directus") -> Settings:
    return Settings(conninfo=cluster.conninfo(name, ROLE, cluster.password), source="the tests")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def server_processes(cluster: Cluster) -> list[int]:
    """The process numbers of the postmaster and of everything it has started by now."""
    with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
        children = connection.execute("SELECT pid FROM pg_stat_activity").fetchall()
    postmaster = (cluster.directory / "data/postmaster.pid").read_text().splitlines()[0]
    return [int(postmaster), *(pid for (pid,) in children)]


def crash(cluster: Cluster, processes: list[int], settings: dict[str, str]) -> Cluster:
    """Kill all of the server's processes at once, and start it again."""
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    until(lambda: not listens(cluster.port))
    return clusters.start(cluster.directory, cluster.installation, settings=settings)


def program(cluster: Cluster, name: str) -> Path:
    """A program of the cluster's PostgreSQL that the server's account can run."""
    copies = sorted(cluster.directory.glob(f"installation/*/*/bin/{name}"))
    return copies[0] if copies else cluster.installation.bin_dir / name


def server_account(cluster: Cluster) -> dict[str, Any]:
    """Arguments for subprocess: the server's account where we are root, who may not serve."""
    if os.geteuid() != 0:
        return {}
    owner = cluster.directory.stat()
    return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
