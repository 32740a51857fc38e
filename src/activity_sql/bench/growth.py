"""How the cost grows with the table: the exponent of a power law, fitted and judged. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log

from activity_sql.bench.peers import Comparison

# Exponents over tenfold tables, by window of days: gate and aim.
GATES = {30: (0.5, 0.3), 90: (0.5, 0.3), 365: (0.65, 0.5)}


@dataclass(frozen=True)
class Growth:
    """Medians of ours in ms by rows of the table; `exponent` of cost = a * rows ** b."""

    question: str
    days: int
    milliseconds: Mapping[int, float]
    exponent: float


def fit_all(comparisons: Iterable[Comparison]) -> list[Growth]:
    """Of every question and window that was asked at several sizes."""
    times: dict[tuple[str, int], dict[int, float]] = defaultdict(dict)
    for one in sorted(comparisons, key=lambda one: one.rows):
        times[one.question, one.days][one.rows] = one.milliseconds["ours"]
    return [fit(*key, times[key]) for key in times if len(times[key]) > 1]


def fit(question: str, days: int, milliseconds: Mapping[int, float]) -> Growth:
    """The least-squares line through the logarithms of the two largest sizes and what is between.

    Small tables are left out: there the fixed cost of a call decides, not the rows.
    """
    largest = max(milliseconds)
    points = [
        (log(rows), log(taken)) for rows, taken in milliseconds.items() if rows * 10 >= largest
    ]
    return Growth(question, days, milliseconds, _slope(points))


def _slope(points: Sequence[tuple[float, float]]) -> float:
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    if spread == 0:
        return 0.0
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
