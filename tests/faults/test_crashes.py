"""The whole server is killed right after a transaction of ours was rolled back."""

from collections.abc import Callable

import psycopg
import pytest

from activity_sql.cluster import Installation
from activity_sql.db import connect
from activity_sql.deploy import apply_release
from activity_sql.migrate import Runner
from activity_sql.settings import Settings
from tests.faults.deploys import (
    RELEASE,
    crash,
    fill_without_index,
    inventory,
    make_directus,
    private_cluster,
    run,
    server_processes,
)

# The rollback's WAL is still to be written when the server dies.
DURABLE = {"fsync": "off", "autovacuum": "off", "wal_writer_delay": "10s"}


def cancel_deploy(settings: Settings) -> None:
    with connect(settings) as connection:
        runner = Runner(connection)
        with runner.transaction(rollback_on_exit=True):
            assert apply_release(connection, runner, RELEASE, settings).steps


def cancel_fold(settings: Settings) -> None:
    with psycopg.connect(settings.conninfo) as session:
        folded = session.execute("SELECT folded_rows FROM refresh_activity_rollups()").fetchone()
        assert folded == (100,)
        session.rollback()


@pytest.mark.parametrize("cancel", [cancel_deploy, cancel_fold])
def test_the_server_starts_again(
    installation: Installation, cancel: Callable[[Settings], None]
) -> None:
    with private_cluster(installation, DURABLE) as cluster:
        settings = make_directus(cluster)
        fill_without_index(settings, 100)
        if cancel is cancel_fold:
            run(settings)
        before = inventory(settings)
        doomed = server_processes(cluster)
        cancel(settings)
        crash(cluster, doomed, DURABLE)
        assert inventory(settings) == before
        run(settings)
