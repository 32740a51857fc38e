"""How the cost grows with the table: the exponent of a power law, fitted and judged. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

# design: exponents over tenfold tables, by window of days.
GATES = {30: 0.5, 90: 0.5, 365: 0.65}


@dataclass(frozen=True)
class Growth:
    """Medians in ms by rows of the table, for one window; `exponent` of cost = a * rows ** b."""

    days: int
    milliseconds: Mapping[int, float]
    exponent: float
    gate: float | None

    @property
    def holds(self) -> bool:
        return self.gate is None or self.exponent <= self.gate


def fit(days: int, milliseconds: Mapping[int, float]) -> Growth:
    """The least-squares line through the logarithms of the two largest sizes and what is between.

    Small tables are left out: there the fixed cost of a call decides, not the rows.
    """
    largest = max(milliseconds)
    points = [
        (log(rows), log(taken)) for rows, taken in milliseconds.items() if rows * 10 >= largest
    ]
    return Growth(days, milliseconds, _slope(points), GATES.get(days))


def _slope(points: Sequence[tuple[float, float]]) -> float:
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    if spread == 0:
        return 0.0
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
