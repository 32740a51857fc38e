"""Installs Directus from the npm registry into the checkout's cache, and runs it."""

import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache"
NODE_VERSION = "22.23.3"
# The isolated-vm that Directus pins has no binary for Node 22, and the recipe compiles nothing.
OVERRIDES = {"isolated-vm": "6.1.2"}

ADMIN_TOKEN = "admin-token-of-the-tests"
SETTINGS = {
    "SECRET": "a-secret-of-the-tests-32-characters",
    "ADMIN_EMAIL": "admin@example.com",
    "ADMIN_PASSWORD": "admin-password",
    "ADMIN_TOKEN": ADMIN_TOKEN,
    "ACTIVITY_SQL_TIMEOUT": "3000",
    "EMAIL_SENDMAIL_PATH": str(ROOT / "tests/directus/sendmail"),
    "EXTENSIONS_PATH": str(ROOT / "extensions"),
    "HOST": "127.0.0.1",
    # Flows may ask this machine.
    "IMPORT_IP_DENY_LIST": "169.254.169.254",
    "IP_TRUST_PROXY": "true",
    "MAX_BATCH_MUTATION": "100000",
    "CACHE_ENABLED": "false",
    "PRESSURE_LIMITER_ENABLED": "false",
    "PROJECT_OWNER_ENABLED": "false",
    "RATE_LIMITER_ENABLED": "false",
    "TELEMETRY": "false",
}
INSTALL_SECONDS = 600
COMMAND_SECONDS = 180
START_SECONDS = 120
STOP_SECONDS = 15


@dataclass(frozen=True)
class Server:
    """A running Directus: its address and the file that holds all its output."""

    url: str
    log: Path

    def log_tail(self, lines: int = 60) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


@dataclass(frozen=True)
class Directus:
    """An installed Directus: its command line, its working directory and its environment."""

    command: tuple[Path, Path]
    folder: Path
    environment: dict[str, str]

    def run(self, *arguments: str) -> str:
        """The output of one of its commands. Raises RuntimeError with it where that fails."""
        done = subprocess.run(
            [*self.command, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"directus {' '.join(arguments)} failed:\n{done.stdout}")
        return done.stdout

    @contextmanager
    def started(self, settings: Mapping[str, str] = {}) -> Iterator[Server]:
        """Start it, with `settings` beside its own, and stop it at the end.

        Raises RuntimeError where it does not come up. What fails meanwhile is raised with the
        end of the log.
        """
        port = free_port()
        server = Server(f"http://127.0.0.1:{port}", self.folder / "directus.log")
        with server.log.open("w") as log:
            process = subprocess.Popen(
                [*self.command, "start"],
                cwd=self.folder,
                env={**self.environment, "PORT": str(port), **settings},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        with stopped_at_the_end(process):
            try:
                wait_until_ready(process, server)
                yield server
            except Exception as error:
                error.add_note(f"The end of Directus's log:\n{server.log_tail()}")
                raise


def set_up(version: str, database: Mapping[str, str], folder: Path) -> Directus:
    """Install Directus `version` for the database that its own DB_ variables name.

    `folder` becomes its working directory and takes its log.
    """
    node = install_node()
    # Directus loads no extension at all where its working directory holds no package.json.
    (folder / "package.json").write_text("{}")
    environment = {
        "PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        **SETTINGS,
        **database,
    }
    return Directus((node, install_directus(version)), folder, environment)


def install_node() -> Path:
    """Node's executable; the npm registry carries it as an ordinary package."""
    architecture = {"x86_64": "x64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]
    package = f"node-{sys.platform}-{architecture}"
    folder = CACHE / "node-22"
    npm_install(folder, {"private": True, "dependencies": {package: NODE_VERSION}})
    return folder / "node_modules" / package / "bin" / "node"


def install_directus(version: str) -> Path:
    """The script that is Directus's command line."""
    folder = CACHE / "directus" / version
    dependencies = {"directus": version}
    npm_install(folder, {"private": True, "dependencies": dependencies, "overrides": OVERRIDES})
    return folder / "node_modules" / "directus" / "cli.js"


def npm_install(folder: Path, manifest: dict[str, object]) -> None:
    """Install `manifest` (a package.json) into `folder`, unless that was done and finished."""
    wanted = json.dumps(manifest)
    marker = folder / "installed.json"
    if marker.is_file() and marker.read_text() == wanted:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "package.json").write_text(wanted)
    npm = shutil.which("npm")
    assert npm is not None, "npm is not on the PATH: install Node.js with npm"
    subprocess.run(
        [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev"],
        cwd=folder,
        check=True,
        timeout=INSTALL_SECONDS,
    )
    marker.write_text(wanted)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(process: subprocess.Popen[bytes], server: Server) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers(f"{server.url}/server/ping"):
        if process.poll() is not None:
            raise RuntimeError("Directus ended at its start")
        if time.monotonic() > deadline:
            raise RuntimeError(f"Directus did not answer in {START_SECONDS} s")
        time.sleep(0.1)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@contextmanager
def stopped_at_the_end(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """The leader of a process group, which is ended with all its members."""
    try:
        yield
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
