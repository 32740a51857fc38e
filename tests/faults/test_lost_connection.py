"""The connection is lost in the middle of a deploy: what the command says, and what stays."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from activity_sql import cluster as clusters
from activity_sql.cluster import Installation
from activity_sql.settings import Settings
from tests.faults.deploys import (
    OBJECTS,
    SESSION,
    command,
    database_name,
    fill_without_index,
    finish,
    index_state,
    inventory,
    make_directus,
    on,
    phase,
    private_cluster,
    program,
    recorded,
    run,
    server_account,
    until,
    waits_for_a_lock,
)


@contextmanager
def held_at(settings: Settings, stage: str) -> Iterator[None]:
    """Something in the way of a deploy, so that it stays at `stage`."""
    with psycopg.connect(settings.conninfo) as other:
        if stage == "applying":
            other.execute("CREATE SCHEMA activity_sql")
        else:
            other.execute(
                "INSERT INTO directus_activity (action, collection, item) VALUES ('a', 'b', 'c')"
            )
        yield
        other.close()


def assert_said_in_two_lines(process: subprocess.Popen[str]) -> None:
    code, errors = finish(process)
    print(errors)
    cause, mend = errors.splitlines()
    assert code == 3
    assert cause.startswith("Error: The connection was lost: ")
    assert "connection is closed" not in cause
    assert mend.startswith("Run this again")


@pytest.mark.parametrize("stage", ["applying", "building index"])
def test_a_terminated_backend(
    database: Settings, tmp_path: Path, superuser: psycopg.Connection, stage: str
) -> None:
    fill_without_index(database, 1000)
    before = inventory(database)
    with (
        held_at(database, stage),
        command(database, tmp_path, "migrate") as process,
    ):
        until(lambda: waits_for_a_lock(superuser, database))
        assert (phase(superuser, database) or "").startswith(stage)
        superuser.execute(
            f"SELECT pg_terminate_backend(pid) FROM ({SESSION}) AS session",
            [database_name(database)],
        )
        assert_said_in_two_lines(process)
    if stage == "applying":
        assert inventory(database) == before
    else:
        assert recorded(database) == OBJECTS
    assert index_state(database) in ("absent", "invalid")
    run(database)
    assert index_state(database) == "valid"


@pytest.mark.parametrize("stage", ["applying", "building index"])
def test_a_server_that_stops(installation: Installation, tmp_path: Path, stage: str) -> None:
    durable = {"fsync": "off", "shared_buffers": "32MB"}
    with private_cluster(installation, durable) as cluster:
        settings = make_directus(cluster)
        fill_without_index(settings, 1000)
        before = inventory(settings)
        with (
            psycopg.connect(cluster.conninfo(), autocommit=True) as watcher,
            held_at(settings, stage),
            command(settings, tmp_path, "migrate") as process,
        ):
            until(lambda: waits_for_a_lock(watcher, settings))
            assert (phase(watcher, settings) or "").startswith(stage)
            subprocess.run(
                [
                    program(cluster, "pg_ctl"),
                    "stop",
                    "--mode=immediate",
                    f"--pgdata={cluster.directory / 'data'}",
                ],
                check=True,
                capture_output=True,
                cwd=cluster.directory,
                **server_account(cluster),
            )
            assert_said_in_two_lines(process)
        settings = on(clusters.start(cluster.directory, installation, settings=durable))
        if stage == "applying":
            assert inventory(settings) == before
        else:
            assert recorded(settings) == OBJECTS
        assert index_state(settings) in ("absent", "invalid")
        run(settings)
        assert index_state(settings) == "valid"
