"""What the rollups cost writers: inserts at a fixed rate into two tables, with and without.

    [TMPDIR=/dev/shm] python -m tests.bench.writers [--pairs 20] [--seconds 30] [--every 3]
        [--rate 680]

pgbench at a fixed rate, without --rate a tenth of what the bare table takes, which is hundreds a
second on a disk and thousands in memory, into directus_activity as Directus 12 ships it. Each pair
is measured on the bare table, on the one with the package (deployed, and refreshed: without --every
once in each slot, after two thirds of it, in half a minute twice as often as by the worker), and on
the bare one again: the two bare ones say how much such figures differ by themselves. A disk that
others use as well may differ by more than the gate has room for: in memory (TMPDIR=/dev/shm) a
commit waits for none, and what a refresh takes of the processor weighs more. Exits with 1 where the
gate is not kept.
"""

import argparse
import random
import re
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from activity_sql.cluster import HOST, Cluster, find_installations
from activity_sql.settings import Settings
from tests.directus.single_creates import refreshed
from tests.faults.deploys import private_cluster, run
from tests.support.directus import ACTIVITY_TABLES, ROLE

GATE = 0.97
CLIENTS = 4
SCRIPT = Path(__file__).with_name("insert_activity.sql")


@dataclass(frozen=True)
class Slot:
    """Inserts a second, and their mean latency in milliseconds since their turn."""

    rate: float
    latency: float


def pgbench(cluster: Cluster, name: str, seconds: int, rate: float | None = None) -> Slot:
    done = subprocess.run(
        [
            cluster.installation.bin_dir / "pgbench",
            *("--no-vacuum", "--client", str(CLIENTS), "--time", str(seconds)),
            *("--host", HOST, "--port", str(cluster.port), "--username", ROLE),
            *(("--rate", f"{rate:.0f}") if rate else ()),
            *("--file", SCRIPT, name),
        ],
        env={"PGPASSWORD": cluster.password},
        capture_output=True,
        text=True,
        check=True,
    )
    latency = re.search(r"latency average = ([\d.]+) ms", done.stdout)
    tps = re.search(r"tps = ([\d.]+)", done.stdout)
    assert latency, done.stdout
    assert tps, done.stdout
    return Slot(float(tps[1]), float(latency[1]))


def make_database(cluster: Cluster, name: str) -> Settings:
    with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER {ROLE}".encode())
    settings = Settings(conninfo=cluster.conninfo(name, ROLE, cluster.password), source="the bench")
    with psycopg.connect(settings.conninfo) as connection:
        connection.execute(ACTIVITY_TABLES.read_bytes())
    return settings


def interval(ratios: Sequence[float]) -> tuple[float, float]:
    """95 in 100 of the medians of resamples lie in it (percentile bootstrap, Efron 1979)."""
    chance = random.Random(1)
    medians = sorted(
        statistics.median(chance.choices(ratios, k=len(ratios))) for _ in range(10_000)
    )
    return medians[250], medians[9749]


def judge(name: str, ratios: Sequence[float], control: Sequence[float]) -> bool:
    """Print one measure; whether its gate is kept."""
    low, high = interval(ratios)
    control_low, control_high = interval(control)
    spread = max(abs(1 - control_low), abs(control_high - 1))
    print(
        f"{name}: median {statistics.median(ratios):.3f}, interval {low:.3f} to {high:.3f}; "
        f"A/A {statistics.median(control):.3f}, interval {control_low:.3f} to {control_high:.3f}; "
        f"gate {GATE} - {spread:.3f}: {'kept' if low >= GATE - spread else 'MISSED'}"
    )
    return low >= GATE - spread


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--every", type=float, help="seconds from refresh to refresh")
    parser.add_argument("--rate", type=float, help="inserts a second")
    wanted = parser.parse_args()
    if wanted.rate is not None and wanted.rate < 1:
        parser.error(f"--rate must be at least 1 insert a second, got {wanted.rate:g}")
    every = wanted.seconds * 2 / 3 if wanted.every is None else wanted.every
    if not 0 < every < wanted.seconds:
        parser.error(
            f"--every must be more than 0 and less than the {wanted.seconds} s of a slot, "
            f"got {every:g}: no slot would see a refresh"
        )

    with private_cluster(find_installations()[0], {"shared_buffers": "256MB"}) as cluster:
        make_database(cluster, "bare")
        settings = make_database(cluster, "rolled_up")
        run(settings)
        for name in ("bare", "rolled_up"):
            pgbench(cluster, name, wanted.seconds, wanted.rate)
        rate = wanted.rate or pgbench(cluster, "bare", wanted.seconds).rate / 10
        print(
            f"{rate:.0f} inserts a second by {CLIENTS} clients, {wanted.seconds} s each, "
            f"a refresh every {every:g} s"
        )
        print("latency in ms: without    with   without again")
        rates, latencies, rates_apart, latencies_apart = [], [], [], []
        for number in range(wanted.pairs):
            first = pgbench(cluster, "bare", wanted.seconds, rate)
            with refreshed(settings.conninfo, every=every):
                beside = pgbench(cluster, "rolled_up", wanted.seconds, rate)
            second = pgbench(cluster, "bare", wanted.seconds, rate)
            rates.append(2 * beside.rate / (first.rate + second.rate))
            latencies.append((first.latency + second.latency) / 2 / beside.latency)
            # Neither of the two bare ones may always be the first.
            one, other = (first, second) if number % 2 else (second, first)
            rates_apart.append(one.rate / other.rate)
            latencies_apart.append(one.latency / other.latency)
            print(f"{first.latency:22.3f} {beside.latency:7.3f} {second.latency:15.3f}")
        with psycopg.connect(settings.conninfo) as connection:
            folded = connection.execute("SELECT settled_id FROM activity_sql.watermark").fetchone()
        print(f"settled up to id {folded and folded[0]}")
    kept = judge("throughput, with / without", rates, rates_apart)
    return 0 if judge("latency, without / with", latencies, latencies_apart) and kept else 1


if __name__ == "__main__":
    sys.exit(main())
