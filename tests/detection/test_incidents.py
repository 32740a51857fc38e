"""The detectors find what is planted, on a seed nobody looked at while they were made.

A small version of `python -m tests.detection.incidents`.
"""

import psycopg

from activity_sql.settings import Settings
from tests.detection import incidents


def test_incidents_of_three_times_the_usual_are_found(database: Settings) -> None:
    stream = incidents.Stream.planned(rows=125_000, days=45, seed=21, strength=3)
    incidents.fill(database, stream, 3)
    with psycopg.connect(database.conninfo) as connection:
        alarms = incidents.alarms_of(incidents.ours(connection, stream))
    ours, naive = incidents.Tally.empty(), incidents.Tally.empty()
    ours.add(stream, alarms)
    naive.add(stream, incidents.by_z_score(stream))

    assert ours.planted.total() >= 20
    assert ours.recall >= 0.95
    assert ours.recall > naive.recall
    assert ours.false_per_1000()[0] <= 1
    assert naive.false_per_1000()[0] > 50
    assert {alarm.detector for alarm in alarms} == set(incidents.KINDS)
