"""What the rollups cost Directus: p99 of single creates beside a batch of 1,000, with and without.

    python -m tests.bench.single_creates [--pairs 5] [--batches 3]

A real Directus 12 on a private PostgreSQL. Each pair is measured without the package, with it
(deployed, and refreshed every second), and without it again: the two without say how much such
figures differ by themselves. Exits with 1 where the median ratio is above the gate.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from activity_sql.cluster import find_installations
from tests.directus.database import Database, create
from tests.directus.directus_server import ADMIN_TOKEN, set_up
from tests.directus.rest import Client
from tests.directus.scenario import collection
from tests.directus.single_creates import p99, refreshed, time_single_creates
from tests.faults.deploys import private_cluster

DIRECTUS_VERSION = "12.4.0"
GATE = 1.2


def measure(client: Client, batches: int) -> float:
    """p99 in milliseconds over so many batches."""
    return 1000 * p99([each for _ in range(batches) for each in time_single_creates(client)])


def measure_pair(
    client: Client, database: Database, folder: Path, batches: int
) -> tuple[float, float, float]:
    """Without, with, and without again; leaves the package out."""
    without = measure(client, batches)
    database.activity_sql("migrate", folder=folder)
    with refreshed(database.conninfo):
        beside = measure(client, batches)
    database.activity_sql("uninstall", "--yes", folder=folder)
    return without, beside, measure(client, batches)


def report(pairs: list[tuple[float, float, float]]) -> bool:
    """Print the figures; whether the gate is kept."""
    ratios = [2 * beside / (first + second) for first, beside, second in pairs]
    apart = [second / first for first, _, second in pairs]
    print("p99 in ms: without   with   without again   ratio   A/A")
    for (first, beside, second), ratio, spread in zip(pairs, ratios, apart, strict=True):
        print(f"{first:18.0f} {beside:6.0f} {second:15.0f} {ratio:7.2f} {spread:5.2f}")
    ratio = statistics.median(ratios)
    print(f"A/A spread: {min(apart):.2f} to {max(apart):.2f}")
    print(f"ratio, median of {len(ratios)}: {ratio:.2f} (at most {GATE})")
    return ratio <= GATE


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--batches", type=int, default=3)
    wanted = parser.parse_args()

    with (
        private_cluster(find_installations()[0], {"shared_buffers": "256MB"}) as cluster,
        tempfile.TemporaryDirectory() as name,
    ):
        folder = Path(name)
        database = create(cluster, "directus")
        directus = set_up(DIRECTUS_VERSION, database.environment, folder)
        directus.run("bootstrap")
        with directus.started() as server:
            client = Client(server.url, ADMIN_TOKEN)
            client.post("/collections", collection("articles"))
            measure(client, 1)
            pairs = [
                measure_pair(client, database, folder, wanted.batches) for _ in range(wanted.pairs)
            ]
    return 0 if report(pairs) else 1


if __name__ == "__main__":
    sys.exit(main())
