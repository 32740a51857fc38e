"""The launcher, against every PostgreSQL installation of this machine."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from activity_sql import cluster
from activity_sql.cluster import Cluster, Installation
from activity_sql.errors import DatabaseError, UsageError

INSTALLATIONS = cluster.find_installations()
ANY = INSTALLATIONS[-1]
FAST = {"fsync": "off", "shared_buffers": "16MB"}

# Enters a temporary cluster, tells where it is, and waits for its end.
CHILD = """
import signal, sys, time
from pathlib import Path
from activity_sql import cluster
# What is started in the background of a shell ignores it.
signal.signal(signal.SIGINT, signal.default_int_handler)
installation = cluster.Installation(int(sys.argv[1]), Path(sys.argv[2]), "system")
with cluster.temporary(installation) as running:
    print(running.directory, running.port, flush=True)
    time.sleep(600)
"""


def as_root() -> bool:
    return os.geteuid() == 0


def ask(running: Cluster, query: str) -> object:
    with psycopg.connect(running.conninfo(), connect_timeout=10) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def server_pid(directory: Path) -> int:
    return int((directory / "data" / "postmaster.pid").read_text().splitlines()[0])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.05)


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that every account can reach, unlike tmp_path when the tests run as root."""
    directory = Path(tempfile.mkdtemp(prefix="activity-sql-test-"))
    directory.chmod(0o755)
    yield directory
    for data in directory.glob("**/data"):
        cluster.stop(data.parent)
    shutil.rmtree(directory)


@pytest.mark.parametrize("installation", INSTALLATIONS, ids=lambda found: str(found.major))
def test_life_of_a_cluster(installation: Installation, open_directory: Path) -> None:
    directory = open_directory / "cluster"

    first = cluster.start(directory, installation, settings={"work_mem": "7MB", **FAST})
    assert str(ask(first, "SHOW server_version")).startswith(str(installation.major))
    assert ask(first, "SHOW work_mem") == "7MB"
    assert ask(first, "SHOW listen_addresses") == "127.0.0.1"
    assert ask(first, "SHOW unix_socket_directories") == ""
    assert ask(first, "SHOW server_encoding") == "UTF8"
    assert ask(first, "SELECT upper('é')") == "É"
    assert ask(first, "SELECT lo_from_bytea(4711, 'kept')") == 4711
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(first.conninfo(password="wrong"))

    assert (directory / "password").read_text() == first.password
    assert stat.S_IMODE((directory / "password").stat().st_mode) == 0o600
    assert first.password not in repr(first)

    assert cluster.start(directory, installation) == first
    other = replace(installation, major=installation.major - 1)
    with pytest.raises(
        UsageError, match=f"holds a cluster of PostgreSQL {installation.major}, not"
    ):
        cluster.start(directory, other)

    os.kill(server_pid(directory), signal.SIGKILL)
    wait_for(lambda: not listens(first.port))
    assert (directory / "data" / "postmaster.pid").exists()
    again = cluster.start(directory, installation, settings=FAST)
    assert again.password == first.password
    assert ask(again, "SELECT lo_get(4711)") == b"kept"

    assert cluster.stop(directory) is True
    assert not listens(again.port)
    assert cluster.stop(directory) is False
    with pytest.raises(
        UsageError, match=f"holds a cluster of PostgreSQL {installation.major}, not"
    ):
        cluster.start(directory, other)


def test_port_is_kept_unless_taken_and_names_are_quoted(open_directory: Path) -> None:
    first = cluster.start(open_directory, ANY, settings=FAST)
    cluster.stop(open_directory)
    second = cluster.start(open_directory, ANY, settings=FAST)
    assert second.port == first.port
    cluster.stop(open_directory)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", first.port))
        taken.listen()
        third = cluster.start(open_directory, ANY, settings=FAST)
    assert third.port != first.port

    name, secret = "o'neill\\ /@:%é", " p'a\\s=s/@:?#%é"
    with psycopg.connect(third.conninfo(), autocommit=True) as connection:
        for kind in ("ROLE", "DATABASE"):
            connection.execute(
                psycopg.sql.SQL(f"CREATE {kind} {{}}").format(psycopg.sql.Identifier(name))
            )
        connection.execute(
            psycopg.sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(
                psycopg.sql.Identifier(name), psycopg.sql.Literal(secret)
            )
        )
    for target in (third.conninfo(name, name, secret), third.url(name, name, secret)):
        with psycopg.connect(target) as connection:
            row = connection.execute("SELECT current_user, current_database()").fetchone()
        assert row == (name, name)


def test_binaries_in_a_private_directory(open_directory: Path) -> None:
    """Such as a checkout under /root: the server's account cannot run them where they are."""
    prefix = ANY.bin_dir.parent
    private = open_directory / "private"
    private.mkdir(mode=0o700)
    hidden = private / prefix.parent.name / prefix.name
    shutil.copytree(prefix, hidden, symlinks=True)
    libraries = prefix.parent.with_name(f"{prefix.parent.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, private / libraries.name)
    before = private.stat()

    installation = Installation(ANY.major, hidden / "bin", ANY.origin)
    with cluster.temporary(installation, settings=FAST) as running:
        assert str(ask(running, "SHOW server_version")).startswith(str(ANY.major))
        assert (running.directory / "installation").exists() is as_root()

    after = private.stat()
    assert (after.st_mode, after.st_uid) == (before.st_mode, before.st_uid)


def test_temporary_is_gone_after_an_exception() -> None:
    def fail() -> None:
        with cluster.temporary(ANY, settings=FAST) as running:
            seen.append(running)
            raise RuntimeError("in the body")

    seen: list[Cluster] = []
    with pytest.raises(RuntimeError, match="in the body"):
        fail()
    assert not seen[0].directory.exists()
    assert not listens(seen[0].port)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_temporary_is_gone_after_a_signal(how: signal.Signals) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(ANY.major), ANY.bin_dir],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    with child:
        assert child.stdout is not None
        name, port = child.stdout.readline().split()
        assert listens(int(port))
        # To the whole group, as a terminal does on Ctrl-C.
        os.killpg(child.pid, how)
        assert child.wait(timeout=30) != 0
    wait_for(lambda: not Path(name).exists() and not listens(int(port)))


def test_temporary_leaves_nothing_when_the_start_fails(
    open_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(open_directory))
    with (
        pytest.raises(DatabaseError, match="shared_buffers"),
        cluster.temporary(ANY, settings={"shared_buffers": "a lot"}),
    ):
        pass
    assert list(open_directory.iterdir()) == []


def test_failures_are_reported_and_can_be_mended(open_directory: Path) -> None:
    with pytest.raises(DatabaseError, match="nosuch") as raised:
        cluster.start(open_directory, ANY, initdb_options=["--encoding=nosuch"])
    assert raised.value.mend
    with pytest.raises(DatabaseError, match="unrecognized configuration parameter"):
        cluster.start(open_directory, ANY, settings={"no_such_setting": "1"})
    running = cluster.start(open_directory, ANY, settings={"application_name": "it's \\ 1", **FAST})
    query = "SELECT setting FROM pg_file_settings WHERE name = 'application_name' AND applied"
    assert ask(running, query) == "it's \\ 1"


def test_directories_that_are_not_ours_are_refused(open_directory: Path) -> None:
    (open_directory / "letter.txt").write_text("mine")
    with pytest.raises(UsageError, match="is not empty"):
        cluster.start(open_directory, ANY)
    with pytest.raises(UsageError, match="cannot use the directory"):
        cluster.start(open_directory / "letter.txt", ANY)
    assert [path.name for path in open_directory.iterdir()] == ["letter.txt"]
    assert cluster.stop(open_directory) is False
    assert cluster.stop(open_directory / "letter.txt") is False
    assert cluster.stop(open_directory / "missing") is False


def test_directory_out_of_reach_of_the_server_account(open_directory: Path) -> None:
    private = open_directory / "private"
    private.mkdir(mode=0o700)
    if as_root():
        with pytest.raises(UsageError, match="cannot reach"):
            cluster.start(private / "cluster", ANY, settings=FAST)
    else:
        assert ask(cluster.start(private / "cluster", ANY, settings=FAST), "SELECT 1") == 1
    assert stat.S_IMODE(private.stat().st_mode) == 0o700


def test_installations_are_supported_and_ascending() -> None:
    majors = [found.major for found in INSTALLATIONS]
    assert majors == sorted(set(majors))
    assert set(majors) <= {15, 16, 17, 18}
    assert {found.origin for found in INSTALLATIONS} <= {"system", "wheel"}
    for found in INSTALLATIONS:
        answer = subprocess.run([found.bin_dir / "postgres", "--version"], capture_output=True)
        assert f"(PostgreSQL) {found.major}" in answer.stdout.decode()


def test_named_directories_win(open_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = open_directory / "bin"
    link.symlink_to(ANY.bin_dir)
    monkeypatch.setenv("ACTIVITY_SQL_POSTGRES_BIN", str(link))
    found = {found.major: found for found in cluster.find_installations()}
    assert found[ANY.major].bin_dir == link

    monkeypatch.setenv("ACTIVITY_SQL_POSTGRES_BIN", str(open_directory))
    with pytest.raises(UsageError, match="ACTIVITY_SQL_POSTGRES_BIN names"):
        cluster.find_installations()


def test_no_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACTIVITY_SQL_POSTGRES_BIN", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(cluster, "SYSTEM_PATTERNS", ())
    with pytest.raises(UsageError, match="no PostgreSQL server") as raised:
        cluster.find_installations()
    assert "pip install 'activity-sql[demo]'" in str(raised.value.mend)
