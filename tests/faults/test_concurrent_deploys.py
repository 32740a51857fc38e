"""Eight deployers at once: one does the work, the others find it done."""

import time
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from activity_sql.cluster import Cluster
from activity_sql.locks import LOCK
from activity_sql.settings import Settings
from tests.faults.deploys import (
    OBJECTS,
    RELEASE,
    command,
    database_name,
    fill_without_index,
    finish,
    index_state,
    recorded,
    reset,
    rows,
    run,
    until,
)
from tests.support.catalog import dump

DEPLOYERS = 8

WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = %s AND application_name = 'activity-sql: waiting for the deploy lock'
"""
APPLIED = """
    SELECT migration_id, count(*) AS times FROM activity_sql._yoyo_log
    WHERE operation = 'apply' GROUP BY migration_id
"""


def test_eight_deployers(
    cluster: Cluster,
    database: Settings,
    superuser: psycopg.Connection,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fill_without_index(database, 200_000)
    run(database)
    alone = dump(cluster, database.conninfo)
    reset(database)

    # They all come to the lock before it is given to any of them.
    superuser.execute("SELECT pg_advisory_lock(%s, %s)", LOCK)
    with ExitStack() as running:
        deployers = [
            running.enter_context(command(database, tmp_path, "migrate")) for _ in range(DEPLOYERS)
        ]

        def waiting() -> int:
            (count,) = superuser.execute(WAITING, [database_name(database)]).fetchone()
            return count

        until(lambda: waiting() == DEPLOYERS)
        started = time.monotonic()
        superuser.execute("SELECT pg_advisory_unlock(%s, %s)", LOCK)
        until(lambda: index_state(database) != "absent")
        behind_the_index = waiting()
        ends = [finish(deployer) for deployer in deployers]
    with capsys.disabled():
        print(
            f"\n{DEPLOYERS} deployers waited for the lock together, {behind_the_index} of them "
            f"still while the index was built; all done {time.monotonic() - started:.1f} s later"
        )

    assert ends == [(0, "")] * DEPLOYERS
    applied = {row["migration_id"]: row["times"] for row in rows(database, APPLIED)}
    definitions = {definition.migration_id for definition in RELEASE.definitions}
    assert applied == dict.fromkeys(definitions | {item.name for item in RELEASE.migrations}, 1)
    assert recorded(database) == OBJECTS
    assert index_state(database) == "valid"
    assert dump(cluster, database.conninfo) == alone
