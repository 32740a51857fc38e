"""How fast a series is scored."""

import time
from statistics import median

from activity_sql.db import Connection, query

AIM = 20_000
_REPEATS = 3


def points_per_second(connection: Connection) -> dict[str, float]:
    """Of activity_sql.score_series, for a series of counts and for one of other values."""
    return {
        kind: median(_rate(connection, counts=counts) for _ in range(_REPEATS))
        for kind, counts in (("counts", True), ("other values", False))
    }


def _rate(connection: Connection, *, counts: bool) -> float:
    started = time.perf_counter()
    (scored,) = query(connection, "score_points", {"counts": counts})
    return float(scored["points"] / (time.perf_counter() - started))
