"""Kill a deploy at any moment: client, backend or server. What stays is all of it or nothing."""

import random
import signal
import subprocess
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from activity_sql.cluster import Cluster, Installation
from activity_sql.db import connect
from activity_sql.deploy import verify
from activity_sql.settings import Settings
from tests.faults.deploys import (
    RELEASE,
    SESSION,
    command,
    crash,
    database_name,
    fill_without_index,
    finish,
    index_state,
    inventory,
    make_directus,
    on,
    phase,
    private_cluster,
    recorded,
    reset,
    run,
    server_processes,
    until,
)
from tests.support.catalog import dump

KILLS = 56
AT_LEAST = 3
ROWS = 200_000
# What was committed outlives the server's processes; it need not outlive the machine.
DURABLE = {"fsync": "off", "shared_buffers": "128MB", "autovacuum": "off"}

EARLY, APPLYING, BUILDING, VERIFYING, LATE = (
    "connecting", "applying", "building index", "verifying", "done",
)  # fmt: skip
STAGES = (EARLY, APPLYING, BUILDING, VERIFYING)
# Seven by eight: 56 rounds try each with each. None: at any moment of the deploy.
AIMS = (None, EARLY, APPLYING, None, BUILDING, VERIFYING, None)
HOWS = ("client", "backend", "client", "backend", "client", "backend", "server", "backend")


@dataclass(frozen=True)
class Killed:
    """What was killed, at which stage, and how the command ended."""

    how: str
    stage: str
    code: int
    errors: str


@dataclass(frozen=True)
class Left:
    """What a database holds of ours, the ledger's rows with it, and the state of the index."""

    objects: tuple[str, ...]
    index: str


def look(settings: Settings) -> Left:
    objects = [str(row) for row in inventory(settings)]
    if any("'ledger'" in name for name in objects):
        objects += sorted(recorded(settings))
    return Left(tuple(objects), index_state(settings))


class Server:
    """A cluster that dies and comes back, and a second connection that watches it."""

    def __init__(self, cluster: Cluster) -> None:
        fill_without_index(make_directus(cluster), ROWS)
        self.use(cluster)

    def use(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.settings = on(cluster)
        self.watcher = psycopg.connect(cluster.conninfo(), autocommit=True)

    def close(self) -> None:
        self.watcher.close()

    def stage(self) -> str:
        """What the deploy is at, by its application_name."""
        said = phase(self.watcher, self.settings)
        if said is None:
            return LATE if index_state(self.settings) == "valid" else EARLY
        return stage_of(said)

    def says(self, stage: str) -> bool:
        return stage in (phase(self.watcher, self.settings) or "")

    def terminate_backend(self) -> str | None:
        """End the deploy's backend; its stage at that very moment, None if there was none."""
        ended = self.watcher.execute(
            f"SELECT application_name, pg_terminate_backend(pid) FROM ({SESSION}) AS session",
            [database_name(self.settings)],
        ).fetchone()
        return stage_of(ended[0]) if ended and ended[1] else None

    def crash(self) -> None:
        processes = server_processes(self.cluster)
        self.watcher.close()
        self.use(crash(self.cluster, processes, DURABLE))

    def wait_until_left(self) -> None:
        until(lambda: phase(self.watcher, self.settings) is None)


def stage_of(said: str) -> str:
    return next((stage for stage in STAGES if stage in said), EARLY)


def measure(server: Server, folder: Path) -> dict[str, tuple[float, float]]:
    """Deploy once: when each stage begins and how long it lasts, in seconds of the process."""
    began: dict[str, float] = {}
    with command(server.settings, folder, "migrate") as process:
        started = time.monotonic()
        while process.poll() is None:
            began.setdefault(server.stage(), time.monotonic() - started)
            time.sleep(0.001)
        assert finish(process) == (0, "")
        ended = time.monotonic() - started
    assert list(began) == [*STAGES, LATE]
    moments = [*began.values(), ended]
    return {stage: (moments[at], moments[at + 1] - moments[at]) for at, stage in enumerate(began)}


def wait_for(
    server: Server,
    process: subprocess.Popen[str],
    aim: str | None,
    times: dict[str, tuple[float, float]],
    dice: random.Random,
) -> None:
    """A random while, early in the stage that is aimed at, or else in the work of the deploy."""
    seconds = times[aim][1] / 2 if aim else (times[LATE][0] - times[APPLYING][0]) * 0.9
    while aim != EARLY and process.poll() is None and not server.says(aim or APPLYING):
        time.sleep(0.001)
    time.sleep(dice.uniform(0, seconds))


def kill(server: Server, process: subprocess.Popen[str], how: str) -> str:
    """The stage at which it was killed."""
    if how == "client":
        process.send_signal(signal.SIGSTOP)
        stage = server.stage()
        process.kill()
        return stage
    if how == "server":
        stage = server.stage()
        server.crash()
        return stage
    while process.poll() is None:
        if stage := server.terminate_backend():
            return stage
    return LATE


def assert_whole_or_nothing(killed: Killed, left: Left, nothing: Left, everything: Left) -> None:
    assert left.objects in (nothing.objects, everything.objects)
    if killed.stage in (BUILDING, VERIFYING, LATE):
        assert left.objects == everything.objects
    if killed.stage in (VERIFYING, LATE):
        assert left.index == "valid"
    if killed.how == "client":
        assert killed.code in (-signal.SIGKILL, 0)
        return
    assert killed.code == 3 or left == everything
    assert "Traceback" not in killed.errors
    assert len(killed.errors.splitlines()) == (2 if killed.code else 0)


def are_enough(kills: list[Killed]) -> bool:
    by_stage = Counter(one.stage for one in kills)
    return len(kills) >= KILLS and all(by_stage[stage] >= AT_LEAST for stage in STAGES)


def table(kills: list[Killed]) -> str:
    hows = sorted(set(HOWS))
    hits = Counter((one.how, one.stage) for one in kills)
    lines = ["".join(f"{title:>16}" for title in ("", *hows))]
    for stage in STAGES:
        cells = (stage, *(hits[how, stage] for how in hows))
        lines.append("".join(f"{cell:>16}" for cell in cells))
    return "\n".join(lines)


def test_a_killed_deploy_leaves_all_or_nothing(
    installation: Installation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = random.Random(56)
    kills: list[Killed] = []
    stayed: Counter[tuple[str, str, str]] = Counter()
    with private_cluster(installation, DURABLE) as cluster, closing(Server(cluster)) as server:
        nothing = look(server.settings)
        times = measure(server, tmp_path)
        everything = look(server.settings)
        expected = dump(cluster, server.settings.conninfo)
        reset(server.settings)

        rounds = 0
        while not are_enough(kills) and rounds < 2 * KILLS:
            how, aim = HOWS[rounds % len(HOWS)], AIMS[rounds % len(AIMS)]
            rounds += 1
            with command(server.settings, tmp_path, "migrate") as process:
                wait_for(server, process, aim, times, dice)
                stage = kill(server, process, how)
                killed = Killed(how, stage, *finish(process))
            settings, left = server.settings, look(server.settings)
            print(killed, left.index)
            assert_whole_or_nothing(killed, left, nothing, everything)
            if stage != LATE:
                kills.append(killed)
                what = "nothing" if left.objects == nothing.objects else "everything"
                stayed[stage, what, left.index] += 1

            run(settings)
            with connect(settings) as connection:
                verify(connection, RELEASE, settings)
            assert look(settings) == everything
            assert dump(server.cluster, settings.conninfo) == expected
            server.wait_until_left()
            reset(settings)
            assert look(settings) == nothing

    with capsys.disabled():
        print(f"\n{len(kills)} kills of a deploy, by what was killed and when:\n{table(kills)}")
        print("what stayed of it, and the index:")
        for key, count in sorted(stayed.items()):
            print(f"  {count:3}  {', '.join(key)}")
    assert are_enough(kills)
