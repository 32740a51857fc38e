"""Two published detectors to compare with, each written from its paper."""

import math
from collections.abc import Sequence


def windowed_gaussian(values: Sequence[float], window: int = 6400) -> list[float]:
    """Distance from the mean of the window before, in its standard deviations.

    The baseline of the Numenta Anomaly Benchmark (Lavin and Ahmad, 2015), with its window. It
    turns the distance into a Gaussian tail; the order, and so any threshold, is the same.
    """
    scores, total, squares = [], 0.0, 0.0
    centre = values[0] if values else 0.0
    for n, value in enumerate(values):
        size = min(n, window)
        score = 0.0
        if size >= 2:
            mean = total / size
            deviation = math.sqrt(max(squares / size - mean * mean, 0.0))
            away = abs(value - centre - mean)
            score = min(away / deviation, 1e6) if deviation > 0 else 1e6 * (away > 0)
        scores.append(score)
        total += value - centre
        squares += (value - centre) ** 2
        if n >= window:
            total -= values[n - window] - centre
            squares -= (values[n - window] - centre) ** 2
    return scores


def relative_entropy(
    values: Sequence[float], window: int = 52, bins: int = 5, accepted: int = 1
) -> list[float]:
    """How far the last window's histogram is from every histogram accepted before.

    Wang, Viswanathan, Choudur, Talwar, Satterfield and Schwan, "Statistical Techniques for Online
    Anomaly Detection in Data Centers", 2011, section on relative entropy: the values are put into
    `bins` between the least and the greatest, the statistic is 2 W KL(P || P_i), a window that
    agrees with a hypothesis at the 99 % quantile of chi-squared confirms it, else it is an anomaly
    and a new hypothesis, which holds once it was confirmed `accepted` times. The window and bins
    are the benchmark's. Our one addition is that the score is the statistic itself (of the least
    divergence from those that hold), so that it can be held against any threshold. The least and
    the greatest value are those of the whole series, as the benchmark gives them: the future that
    ours does not see.
    """
    if not values:
        return []
    low, high = min(values), max(values)
    step = (high - low) / bins or 1.0
    codes = [min(int((value - low) / step), bins - 1) for value in values]
    limit = 13.277  # the 99 % quantile of chi-squared with bins - 1 = 4 degrees of freedom
    counts = [0] * bins
    hypotheses: list[tuple[list[float], int]] = []
    scores = []
    for n, code in enumerate(codes):
        counts[code] += 1
        if n >= window:
            counts[codes[n - window]] -= 1
        if n < window - 1:
            scores.append(0.0)
            continue
        now = [count / window for count in counts]
        distances = [
            2
            * window
            * sum(p * math.log(p / max(q, 1e-9)) for p, q in zip(now, one, strict=True) if p)
            for one, _ in hypotheses
        ]
        score = 0.0
        if hypotheses:
            nearest = min(range(len(distances)), key=distances.__getitem__)
            established = [
                distance
                for distance, (_, times) in zip(distances, hypotheses, strict=True)
                if times > accepted
            ]
            score = min(established, default=0.0)
            if distances[nearest] < limit:
                one, times = hypotheses[nearest]
                hypotheses[nearest] = (one, times + 1)
            else:
                hypotheses.append((now, 1))
        else:
            hypotheses.append((now, 1))
        scores.append(score)
    return scores
