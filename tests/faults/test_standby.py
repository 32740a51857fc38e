"""A read-only standby: nothing can be deployed there, and everything can be looked at."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from psycopg.conninfo import make_conninfo

from activity_sql.cluster import Cluster, Installation
from tests.faults.deploys import (
    command,
    finish,
    free_port,
    inventory,
    make_directus,
    private_cluster,
    program,
    run,
    server_account,
    until,
)

FAST = {"fsync": "off", "shared_buffers": "32MB"}


@contextmanager
def standby_of(primary: Cluster) -> Iterator[int]:
    """A hot standby beside the primary's own files; its port."""
    data, port = primary.directory / "standby", free_port()

    def serve(name: str, *arguments: str) -> None:
        done = subprocess.run(
            [program(primary, name), *arguments],
            cwd=primary.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **server_account(primary),
        )
        assert done.returncode == 0, done.stdout

    serve(
        "pg_basebackup",
        f"--pgdata={data}",
        "--write-recovery-conf",
        "--checkpoint=fast",
        f"--dbname={primary.conninfo()}",
    )
    with (data / "activity_sql.conf").open("a") as file:
        file.write(f"port = {port}\n")
    log = str(primary.directory / "standby.log")
    serve("pg_ctl", "start", "--wait", f"--pgdata={data}", f"--log={log}")
    try:
        yield port
    finally:
        serve("pg_ctl", "stop", "--wait", "--mode=immediate", f"--pgdata={data}")


def test_a_standby(installation: Installation, tmp_path: Path) -> None:
    with private_cluster(installation, FAST) as primary:
        settings = make_directus(primary)
        with standby_of(primary) as port:
            there = replace(settings, conninfo=make_conninfo(settings.conninfo, port=port))

            def said(*arguments: str) -> tuple[int, str]:
                with command(there, tmp_path, *arguments) as process:
                    return finish(process)

            assert said("plan") == (0, "")
            assert said("status") == (2, "")
            before = inventory(settings)
            code, errors = said("migrate")
            assert code == 3
            assert errors.strip().splitlines() == [
                "Error: Database 'directus' is on a standby server, which is read-only.",
                "Point the connection at the primary server.",
            ]
            assert inventory(settings) == before

            run(settings)
            until(lambda: inventory(there) == inventory(settings))
            for command_name in ("plan", "status", "verify"):
                assert said(command_name) == (0, ""), command_name
            code, errors = said("uninstall", "--yes")
            assert code == 3
            cause, mend = errors.strip().splitlines()
            assert "read-only transaction (SQLSTATE 25006)" in cause
            assert "the primary server" in mend
