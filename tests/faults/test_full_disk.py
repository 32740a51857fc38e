"""The disk of the database is full: a deploy says so, and works once there is room again."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from activity_sql.cluster import Cluster, Installation
from tests.faults.deploys import (
    OBJECTS,
    command,
    fill_without_index,
    finish,
    index_state,
    inventory,
    make_directus,
    private_cluster,
    recorded,
    run,
    server_account,
)

FAST = {"fsync": "off", "shared_buffers": "32MB", "autovacuum": "off"}
SIZE = 64 << 20
KIB, MIB = 1 << 10, 1 << 20


@contextmanager
def small_disk(cluster: Cluster) -> Iterator[Path]:
    """A tmpfs of `SIZE` bytes; with the log elsewhere, so that the server itself survives."""
    assert os.geteuid() == 0, "mounting a small disk needs root: run this test as root"
    place = cluster.directory / "small"
    place.mkdir()
    subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", f"size={SIZE}", "small", place], check=True)
    try:
        account = server_account(cluster)
        (place / "tablespace").mkdir(mode=0o700)
        os.chown(place / "tablespace", account["user"], account["group"])
        yield place
    finally:
        subprocess.run(["/bin/umount", "--lazy", place], check=True)


def leave(place: Path, room: int) -> Path:
    """Fill the disk up, but for `room` bytes; the file that does it."""
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file:
        with suppress(OSError):
            while True:
                file.write(bytes(64 * KIB))
        file.truncate(file.tell() - room)
    return filler


# The transaction takes about 300 KiB, the index that comes after it 4 MiB.
@pytest.mark.parametrize("room", [0, 240 * KIB, 3 * MIB], ids=["none", "for some", "but for index"])
def test_a_full_disk(installation: Installation, tmp_path: Path, room: int) -> None:
    with private_cluster(installation, FAST) as cluster, small_disk(cluster) as place:
        with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
            connection.execute(f"CREATE TABLESPACE small LOCATION '{place / 'tablespace'}'")
        settings = make_directus(cluster, more="TABLESPACE small")
        fill_without_index(settings, 200_000)
        # Pages of the new database that were not written yet would need room too.
        with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        before = inventory(settings)
        filler = leave(place, room)

        with command(settings, tmp_path, "migrate") as process:
            code, errors = finish(process)
        print(errors)
        cause, mend = errors.strip().splitlines()
        assert code == 3
        assert "No space left on device (SQLSTATE 53100)." in cause
        assert mend == "Free some disk space, then run this again."
        if room > MIB:
            assert recorded(settings) == OBJECTS
            assert index_state(settings) == "invalid"
        else:
            assert inventory(settings) == before
            assert index_state(settings) == "absent"

        filler.unlink()
        run(settings)
        assert index_state(settings) == "valid"
