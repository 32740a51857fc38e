"""Recall, precision and delay of scores at a threshold, and the threshold for false alarms."""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from tests.detection.made_series import Series
from tests.detection.peers import relative_entropy, windowed_gaussian

# What is no farther than this from the alarm before it is the same alarm, for every detector.
SAME_ALARM = 12
# Nothing is asked of a detector while it first sees a series, as in the Numenta benchmark.
PROBATION = 0.15

Scores = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Found:
    """What one threshold found; `delay` is the mean of points from the anomaly to its alarm."""

    anomalies: int
    detected: int
    false_alarms: int
    delay: float

    @property
    def recall(self) -> float:
        return self.detected / self.anomalies if self.anomalies else float("nan")

    @property
    def precision(self) -> float:
        alarms = self.detected + self.false_alarms
        return self.detected / alarms if alarms else float("nan")


def false_alarms_of(one: Series, over: Sequence[int]) -> int:
    """Alarms outside the windows, from the places where the score is over a threshold.

    The way back from an anomaly still belongs to it.
    """
    begin = int(len(one.times) * PROBATION)
    alarms, last = 0, -SAME_ALARM - 1
    for n in over:
        if n - last > SAME_ALARM and n >= begin:
            alarms += not any(start <= n < end + SAME_ALARM for start, end in one.windows)
        last = n
    return alarms


def found(series: Sequence[Series], scores: Scores, threshold: float) -> Found:
    delays = [
        next((n - start for n in range(start, end) if its[n] >= threshold), None)
        for one, its in zip(series, scores, strict=True)
        for start, end in one.windows
    ]
    detected = [delay for delay in delays if delay is not None]
    return Found(
        anomalies=len(delays),
        detected=len(detected),
        false_alarms=sum(
            false_alarms_of(one, [n for n, score in enumerate(its) if score >= threshold])
            for one, its in zip(series, scores, strict=True)
        ),
        delay=sum(detected) / len(detected) if detected else float("nan"),
    )


def threshold_at(series: Sequence[Series], scores: Scores, false_alarms: int) -> float:
    """The least threshold over 1, to half a percent, with no more than so many false alarms."""
    points = [list(enumerate(its)) for its in scores]
    low, high = 1.0, float("inf")
    while high - low > 0.005 * low:
        # Twice as high until it is too high, then the middle.
        middle = 2 * low if high == float("inf") else (low + high) / 2
        alarms = sum(
            false_alarms_of(one, [n for n, score in its if score >= middle])
            for one, its in zip(series, points, strict=True)
        )
        if alarms <= false_alarms:
            high = middle
        else:
            low = middle
            points = [[(n, score) for n, score in its if score >= low] for its in points]
    return high


def our_rows(connection: psycopg.Connection, one: Series) -> list[tuple[float, bool]]:
    """Score and is_anomaly of activity_sql.score_series."""
    cursor = connection.cursor(row_factory=psycopg.rows.tuple_row)
    query = "SELECT score, is_anomaly FROM activity_sql.score_series(%s, %s)"
    return cursor.execute(query, [one.times, one.values]).fetchall()


def peer_scores(series: Sequence[Series]) -> dict[str, Scores]:
    return {
        "relative entropy": [relative_entropy(one.values) for one in series],
        "windowed Gaussian": [windowed_gaussian(one.values) for one in series],
    }
