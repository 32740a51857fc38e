"""count_deviation equals the sums of the two distributions, turned into standard deviations."""

from math import exp, lgamma, log, sqrt
from statistics import NormalDist

import psycopg
import pytest


def tail(count: int, mean: float, variance: float) -> float:
    """The probability of a count at least as far on its side, summed."""

    def probability(k: int) -> float:
        if variance == mean:
            return exp(k * log(mean) - mean - lgamma(k + 1))
        shape = max(mean**2 / (variance - mean), 1.0)
        share = shape / (shape + mean)
        ways = lgamma(k + shape) - lgamma(shape) - lgamma(k + 1)
        return exp(ways + shape * log(share) + k * log(1 - share))

    if count <= mean:
        return sum(probability(k) for k in range(count + 1))
    return sum(probability(k) for k in range(count, count + 2000))


@pytest.mark.parametrize("mean", [0.02, 0.5, 3.0, 50.0])
@pytest.mark.parametrize("clumping", [1.0, 1.5, 4.0])
def test_equals_the_sum(activity: psycopg.Connection, mean: float, clumping: float) -> None:
    variance = mean * clumping
    off = [-3, -2, -1, 1, 2, 4, 6]
    counts = {0, 1, 2, 3, *(max(0, round(mean + times * sqrt(variance))) for times in off)}
    compared = 0
    for count in sorted(counts):
        exact = tail(count, mean, variance)
        if not 1e-12 < exact < 0.4:
            continue
        row = activity.execute(
            "SELECT activity_sql.count_deviation(%s, %s, %s) AS deviation", [count, mean, variance]
        ).fetchone()
        sign = 1 if count > mean else -1
        at_least_shape = clumping > 1 and mean / (clumping - 1) <= 1.0
        tolerance = 0.17 if at_least_shape else 0.06
        assert row["deviation"] == pytest.approx(-sign * NormalDist().inv_cdf(exact), abs=tolerance)
        compared += 1
    assert compared >= 2


def test_half_is_nothing(activity: psycopg.Connection) -> None:
    for count, mean in ((0, 0.02), (3, 3.0), (1000, 1000.2)):
        row = activity.execute(
            "SELECT activity_sql.count_deviation(%s, %s, %s) AS deviation", [count, mean, mean]
        ).fetchone()
        assert abs(row["deviation"]) < 0.4
