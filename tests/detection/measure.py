"""Recall, precision and delay of scores, at a threshold or at a number of false alarms."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.detection.made_series import Series

# What is nearer than this to the alarm before it is the same alarm, for every detector.
SAME_ALARM = 12
# Nothing is asked of a detector while it sees a series for the first time.
PROBATION = 0.15


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


def alarms_of(scores: Sequence[float], threshold: float) -> list[int]:
    """Where alarms begin: a score at or over the threshold, none shortly before."""
    begins, last = [], -SAME_ALARM - 1
    for n, score in enumerate(scores):
        if score >= threshold:
            if n - last > SAME_ALARM:
                begins.append(n)
            last = n
    return begins


def found(
    series: Sequence[Series], scores: Sequence[Sequence[float]], threshold: float
) -> Found:
    anomalies = detected = false_alarms = delays = 0
    for one, its in zip(series, scores, strict=True):
        begin = int(len(its) * PROBATION)
        inside = set()
        for start, end in one.windows:
            anomalies += 1
            hit = next((n for n in range(start, end) if its[n] >= threshold), None)
            if hit is not None:
                detected += 1
                delays += hit - start
            # The way back from an anomaly belongs to it.
            inside |= set(range(start, end + SAME_ALARM))
        false_alarms += sum(n >= begin and n not in inside for n in alarms_of(its, threshold))
    return Found(anomalies, detected, false_alarms, delays / detected if detected else float("nan"))


def threshold_at(
    series: Sequence[Series], scores: Sequence[Sequence[float]], false_alarms: int
) -> float:
    """The least threshold with no more than so many false alarms, to four digits."""
    low, high = 0.0, 1e9
    while high > low * (1 + 1e-4) + 1e-9:
        middle = (low * high) ** 0.5 if low > 0 else high / 1e3
        if low == 0 and middle < 1e-6:
            break
        if found(series, scores, middle).false_alarms <= false_alarms:
            high = middle
        else:
            low = middle
    return high
