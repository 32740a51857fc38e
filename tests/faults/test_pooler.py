"""PgBouncer between a deploy and PostgreSQL: refused where a session is not one server's."""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from activity_sql.cluster import Cluster
from activity_sql.settings import Settings
from tests.faults.deploys import (
    command,
    database_name,
    fill_without_index,
    finish,
    free_port,
    index_state,
    listens,
    run,
    server_account,
    until,
)
from tests.support.catalog import dump
from tests.support.directus import ROLE

CONFIG = """
[databases]
{name} = host=127.0.0.1 port={server_port} user={role} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
query_wait_timeout = 20
logfile = {folder}/log
pidfile = {folder}/pid
"""


@contextmanager
def pooled(cluster: Cluster, settings: Settings, mode: str, size: int = 20) -> Iterator[Settings]:
    """The database through a PgBouncer of its own in the given pool mode."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "pgbouncer is not installed: apt-get install pgbouncer"
    folder = Path(tempfile.mkdtemp(prefix="activity-sql-pgbouncer-"))
    account = server_account(cluster)
    if account:
        os.chown(folder, account["user"], account["group"])
    port = free_port()
    config = folder / "pgbouncer.ini"
    config.write_text(
        CONFIG.format(
            name=database_name(settings),
            server_port=cluster.port,
            role=ROLE,
            password=cluster.password,
            port=port,
            mode=mode,
            size=size,
            folder=folder,
        )
    )
    process = subprocess.Popen(
        [program, "--quiet", str(config)], cwd=folder, stderr=subprocess.DEVNULL, **account
    )
    try:
        until(lambda: listens(port))
        yield replace(
            settings, conninfo=psycopg.conninfo.make_conninfo(settings.conninfo, port=port)
        )
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder)


@contextmanager
def traffic(settings: Settings, clients: int) -> Iterator[None]:
    """Other clients of the pool, so that its servers go from hand to hand."""
    stop = threading.Event()

    def ask() -> None:
        with psycopg.connect(
            settings.conninfo, autocommit=True, application_name="traffic", prepare_threshold=None
        ) as connection:
            while not stop.is_set():
                connection.execute("SELECT count(*) FROM generate_series(1, 2000)")

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=30)


@pytest.mark.parametrize("size", [1, 20])
@pytest.mark.parametrize("clients", [0, 4], ids=["idle", "busy"])
def test_transaction_mode_is_refused(
    cluster: Cluster, database: Settings, tmp_path: Path, size: int, clients: int
) -> None:
    before = dump(cluster, database.conninfo)
    with (
        pooled(cluster, database, "transaction", size) as through,
        traffic(through, clients),
        command(through, tmp_path, "migrate") as process,
    ):
        code, errors = finish(process)
    print(errors)
    cause, mend = errors.strip().splitlines()
    assert code == 3
    assert "pooler in transaction mode" in cause
    assert mend == "Connect to PostgreSQL itself, or to the pooler in session mode."
    assert dump(cluster, database.conninfo) == before


@pytest.mark.parametrize("clients", [0, 4], ids=["idle", "busy"])
def test_a_worker_through_transaction_mode_is_refused(
    cluster: Cluster, database: Settings, tmp_path: Path, clients: int
) -> None:
    run(database)
    with (
        pooled(cluster, database, "transaction") as through,
        traffic(through, clients),
        command(through, tmp_path, "worker") as process,
    ):
        code, errors = finish(process)
    cause, mend = errors.strip().splitlines()
    assert (code, "pooler in transaction mode" in cause, bool(mend)) == (3, True, True)


def test_a_refresh_through_transaction_mode(
    cluster: Cluster, database: Settings, tmp_path: Path
) -> None:
    run(database)
    with pooled(cluster, database, "transaction") as through, traffic(through, 4):
        for arguments in (["refresh"], ["worker", "--once"], ["refresh", "--rebuild", "--yes"]):
            with command(through, tmp_path, *arguments) as process:
                code, errors = finish(process)
                assert (code, "Error" in errors) == (0, False), errors


def test_a_plan_through_transaction_mode(
    cluster: Cluster, database: Settings, tmp_path: Path
) -> None:
    with (
        pooled(cluster, database, "transaction") as through,
        command(through, tmp_path, "plan") as process,
    ):
        assert finish(process) == (0, "")


# A deploy needs two connections: its own, and one that looks who is in its way.
@pytest.mark.parametrize("size", [2, 20])
def test_session_mode_deploys(
    cluster: Cluster, database: Settings, tmp_path: Path, size: int
) -> None:
    fill_without_index(database, 1000)
    with pooled(cluster, database, "session", size) as through:
        for name in ("migrate", "migrate", "verify", "status", "plan"):
            with command(through, tmp_path, name) as process:
                assert finish(process) == (0, ""), name
    assert index_state(database) == "valid"
