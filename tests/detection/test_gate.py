"""score_series finds what it should, on seeds nobody looked at while it was made."""

from collections.abc import Sequence

import psycopg
import pytest

from tests.detection import measure
from tests.detection.made_series import Series, made

SEASONAL = ("requests", "taxi rides")


@pytest.fixture(scope="module")
def series() -> list[Series]:
    return made(range(11, 13))


def recall(series: Sequence[Series], scores: measure.Scores, per: int) -> float:
    """The recall at the threshold with a false alarm in `per` points."""
    points = sum(len(one.times) for one in series)
    return measure.found(series, scores, measure.threshold_at(series, scores, points // per)).recall


def test_recall_at_equal_false_alarms(activity: psycopg.Connection, series: list[Series]) -> None:
    rows = [measure.our_rows(activity, one) for one in series]
    ours = [[score for score, _ in its] for its in rows]
    peers = measure.peer_scores(series)
    for per in (1000, 4000):
        found = recall(series, ours, per)
        gaussian = recall(series, peers["windowed Gaussian"], per)
        entropy = recall(series, peers["relative entropy"], per)
        assert found >= 0.92
        assert found >= gaussian + 0.25
        assert found >= entropy + 0.15

    # Seasons are a part of it.
    seasonal = [n for n, one in enumerate(series) if one.kind in SEASONAL]
    of_seasons = recall([series[n] for n in seasonal], [ours[n] for n in seasonal], 1000)
    assert of_seasons >= 0.7

    # What a caller sees who passes no threshold.
    false_alarms = sum(
        measure.false_alarms_of(one, [n for n, (_, alarm) in enumerate(its) if alarm])
        for one, its in zip(series, rows, strict=True)
    )
    hits = [
        any(alarm for _, alarm in its[start:end])
        for one, its in zip(series, rows, strict=True)
        for start, end in one.windows
    ]
    assert sum(hits) >= 0.92 * len(hits)
    assert false_alarms <= 0.003 * sum(len(its) for its in rows)
