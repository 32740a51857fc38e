"""Kill an uninstall where it can be half done: a second one finishes it."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from activity_sql.cluster import Installation
from tests.faults.deploys import (
    SESSION,
    command,
    database_name,
    finish,
    inventory,
    make_directus,
    phase,
    private_cluster,
    rows,
    until,
)
from tests.support.command import activity_sql

Process = subprocess.Popen[str]
INDEXES = """
    SELECT indexrelid::regclass::text AS name, indisvalid
    FROM pg_index WHERE indrelid = 'directus_activity'::regclass ORDER BY 1
"""


def kill_client(process: Process, watcher: psycopg.Connection, name: str) -> None:  # noqa: ARG001
    process.kill()


def kill_backend(process: Process, watcher: psycopg.Connection, name: str) -> None:  # noqa: ARG001
    watcher.execute(f"SELECT pg_terminate_backend(pid) FROM ({SESSION}) AS session", [name])


@pytest.mark.parametrize("kill", [kill_client, kill_backend])
def test_killed_while_it_drops_indexes(
    installation: Installation, tmp_path: Path, kill: Callable[..., None]
) -> None:
    (tmp_path / "activity-sql.toml").write_text('[directus]\nindexes = "published"\n')
    with private_cluster(installation, {"fsync": "off", "shared_buffers": "32MB"}) as cluster:
        settings = make_directus(cluster)
        nothing = inventory(settings), rows(settings, INDEXES)
        with command(settings, tmp_path, "migrate") as process:
            assert finish(process) == (0, "")
        assert len(rows(settings, INDEXES)) == len(nothing[1]) + 4
        with (
            psycopg.connect(cluster.conninfo(), autocommit=True) as watcher,
            psycopg.connect(settings.conninfo) as writer,
            command(settings, tmp_path, "uninstall", "--yes") as process,
        ):
            writer.execute("LOCK TABLE directus_activity IN ROW EXCLUSIVE MODE")
            until(lambda: "dropping index" in (phase(watcher, settings) or ""))
            kill(process, watcher, database_name(settings))
            code, _ = finish(process)
            assert code != 0
            writer.rollback()
            until(lambda: phase(watcher, settings) is None)

        environment = {"DATABASE_URL": settings.conninfo}
        done = activity_sql("uninstall", "--yes", folder=tmp_path, environment=environment)
        assert (done.returncode, done.stderr) == (0, "")
        assert (inventory(settings), rows(settings, INDEXES)) == nothing


def test_refused_it_changes_nothing(installation: Installation, tmp_path: Path) -> None:
    (tmp_path / "activity-sql.toml").write_text('[directus]\nindexes = "published"\n')
    with private_cluster(installation, {"fsync": "off", "shared_buffers": "32MB"}) as cluster:
        settings = make_directus(cluster)
        environment = {"DATABASE_URL": settings.conninfo}
        activity_sql("migrate", folder=tmp_path, environment=environment)
        with psycopg.connect(settings.conninfo) as connection:
            connection.execute("CREATE VIEW mine AS SELECT * FROM get_ip_activity_stats()")
        before = inventory(settings), rows(settings, INDEXES)
        done = activity_sql("uninstall", "--yes", folder=tmp_path, environment=environment)
        assert done.returncode == 3
        assert "view public.mine depends on" in done.stderr
        assert (inventory(settings), rows(settings, INDEXES)) == before
