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
    "EXTENSIONS_PATH": str(ROOT / "extensions"),
    "HOST": "127.0.0.1",
    "IP_TRUST_PROXY": "true",
    "MAX_BATCH_MUTATION": "100000",
    "CACHE_ENABLED": "false",
    "PRESSURE_LIMITER_ENABLED": "false",
    "PROJECT_OWNER_ENABLED": "false",
    "RATE_LIMITER_ENABLED": "false",
    "TELEMETRY": "false",
}
INSTALL_SECONDS = 600
BOOTSTRAP_SECONDS = 180
START_SECONDS = 120
STOP_SECONDS = 15


@dataclass(frozen=True)
class Server:
    """A running Directus: its address and the file that holds all its output."""

    url: str
    log: Path

    def log_tail(self, lines: int = 60) -> str:
        return log_tail(self.log, lines)


@contextmanager
def running(version: str, database: Mapping[str, str], folder: Path) -> Iterator[Server]:
    """Install, bootstrap and start Directus `version`; stop it at the end.

    `database` holds Directus's own DB_ variables; `folder` is its working directory and takes
    its log. Raises RuntimeError with the end of the log where Directus does not come up.
    """
    node = install_node()
    cli = install_directus(version)
    port = free_port()
    environment = {
        "PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "PORT": str(port),
        **SETTINGS,
        **database,
    }
    server = Server(f"http://127.0.0.1:{port}", folder / "directus.log")
    # Directus loads no extension at all where its working directory holds no package.json.
    (folder / "package.json").write_text("{}")
    with server.log.open("w") as log:

        def launch(command: str) -> subprocess.Popen[bytes]:
            return subprocess.Popen(
                [node, cli, command],
                cwd=folder,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

        with stopped_at_the_end(launch("bootstrap")) as bootstrap:
            if bootstrap.wait(BOOTSTRAP_SECONDS) != 0:
                raise RuntimeError(f"Directus did not bootstrap:\n{server.log_tail()}")
        with stopped_at_the_end(launch("start")) as process:
            wait_until_ready(process, server)
            yield server


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
            raise RuntimeError(f"Directus ended at its start:\n{server.log_tail()}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"No answer in {START_SECONDS} s:\n{server.log_tail()}")
        time.sleep(0.1)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@contextmanager
def stopped_at_the_end(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """The leader of a process group, which is ended with all its members."""
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def log_tail(log: Path, lines: int) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
