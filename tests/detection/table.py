"""Print recall, precision and delay for each kind of made series, for docs/score-series.md.

`python -m tests.detection.table`: on a private PostgreSQL, with one threshold for each detector,
the one that gives all series together a false alarm in 1,000, or in 4,000, points.
"""

import time

import psycopg

from activity_sql import cluster as clusters
from activity_sql.db import connect
from activity_sql.deploy import deploy
from activity_sql.release import load_linted_release
from activity_sql.settings import Settings
from tests.detection import measure
from tests.detection.made_series import made
from tests.support.directus import ACTIVITY_TABLES

SEEDS = range(11, 16)


def cell(found: measure.Found) -> str:
    if not found.anomalies:
        return f"{found.false_alarms} false alarms"
    return f"{found.recall:.2f} / {found.precision:.2f} / {found.delay:.1f}"


def print_tables(connection: psycopg.Connection) -> None:
    series = made(SEEDS)
    points = sum(len(one.times) for one in series)
    begun = time.monotonic()
    ours = [[score for score, _ in measure.our_rows(connection, one)] for one in series]
    rate = points / (time.monotonic() - begun)
    scores = {"score_series": ours} | measure.peer_scores(series)

    for per in (1000, 4000):
        thresholds = {
            name: measure.threshold_at(series, its, points // per) for name, its in scores.items()
        }
        print(f"\nA false alarm in {per:,} points: recall / precision / delay in points\n")
        heads = [f"{name} ≥ {threshold:.2f}" for name, threshold in thresholds.items()]
        print("| kind | anomalies |", *(f"{head} |" for head in heads))
        print("|---|---:|" + "---|" * len(heads))
        for kind in [*dict.fromkeys(one.kind for one in series), "all"]:
            places = [n for n, one in enumerate(series) if kind in (one.kind, "all")]
            of_kind = [
                measure.found(
                    [series[n] for n in places], [its[n] for n in places], thresholds[name]
                )
                for name, its in scores.items()
            ]
            print(f"| {kind} | {of_kind[0].anomalies} |", *(f"{cell(one)} |" for one in of_kind))
    print(f"\nseeds {SEEDS.start} to {SEEDS.stop - 1}, {points:,} points; score_series scored")
    print(f"{rate:,.0f} points a second, in series as short as these, through the client")


def main() -> None:
    with clusters.temporary(clusters.find_installations()[0], settings={"fsync": "off"}) as server:
        settings = Settings(conninfo=server.conninfo(), source="a private PostgreSQL")
        with psycopg.connect(settings.conninfo) as connection:
            connection.execute(ACTIVITY_TABLES.read_bytes())
        with connect(settings) as connection:
            deploy(connection, load_linted_release(settings), settings)
        with psycopg.connect(settings.conninfo) as connection:
            print_tables(connection)


if __name__ == "__main__":
    main()
