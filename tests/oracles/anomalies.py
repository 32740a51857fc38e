"""What the detectors observe and what they compare it with, in plain Python over raw rows.

Imports nothing of the package: the contract is written here a second time. What a season expects
is not in it.
"""

import ipaddress
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil, log, pi, sqrt
from operator import attrgetter

from tests.oracle import Activity

HOUR, HALF, MINUTE = timedelta(hours=1), timedelta(minutes=30), timedelta(minutes=1)
RUN = timedelta(milliseconds=100)
ADMIN = {
    f"directus_{name}"
    for name in ("access", "flows", "permissions", "policies", "roles", "settings", "users")
}
WRITES = {"create", "update", "delete"}
Key = Callable[[Activity], str | None]
KEYS: dict[str, Key] = {
    "collection": attrgetter("collection"),
    "action": attrgetter("action"),
    "user": lambda row: str(row.user) if row.user else None,
    "ip": attrgetter("ip"),
}


@dataclass(frozen=True)
class Judged:
    """An hour of a subject in which a detector looks twice, and `past`, its hours before."""

    detector: str
    subject: str
    hour_end: datetime
    observed: int
    expected: float
    requests: int
    past: dict[datetime, int] = field(default_factory=dict)
    is_first: bool = False

    @property
    def start(self) -> datetime:
        """Where the baseline ends: before whatever is counted."""
        return start_of(self.detector, self.hour_end)

    @property
    def score(self) -> float:
        return max(deviation(self.observed, self.expected), 3.0 if self.is_first else 0.0)


def start_of(detector: str, hour_end: datetime) -> datetime:
    ahead = {"burst": MINUTE, "many_networks": HALF, "many_users": HALF}
    return hour_end - HOUR - ahead.get(detector, timedelta(0))


def deviation(observed: float, expected: float) -> float:
    ratio = observed / expected
    return sqrt(6 * ratio - log(12 * pi * ratio)) if ratio > 1 else 0.0


def severity(score: float) -> str:
    if score >= 7:
        return "critical"
    if score >= 5:
        return "high"
    return "medium" if score >= 3.5 else "low"


def by_subject(rows: Iterable[Activity], key: Key) -> dict[str, list[Activity]]:
    grouped: dict[str, list[Activity]] = defaultdict(list)
    for row in rows:
        if (subject := key(row)) is not None:
            grouped[subject].append(row)
    return grouped


def requests(rows: Iterable[Activity]) -> list[Activity]:
    """One row of each run of ten and more, and all that are in none."""
    kinds: dict[tuple[object, ...], list[Activity]] = defaultdict(list)
    for row in rows:
        kinds[row.user, row.ip, row.collection, row.action].append(row)
    kept = []
    for found in kinds.values():
        found.sort(key=attrgetter("timestamp"))
        runs: list[list[Activity]] = []
        for row in found:
            if runs and row.timestamp - runs[-1][-1].timestamp <= RUN:
                runs[-1].append(row)
            else:
                runs.append([row])
        for run in runs:
            kept += run[:1] if len(run) >= 10 else run
    return kept


def hours_of(counts: Counter[datetime], start: datetime) -> dict[datetime, int]:
    """Of the hours of the clock those that ended in the 28 days before `start`."""
    return {hour: n for hour, n in counts.items() if start - 672 * HOUR <= hour <= start - HOUR}


def expected(past: dict[datetime, int], start: datetime, least: float, newcomer: float) -> float:
    clock = start.astimezone(UTC).hour
    near = [n for hour, n in past.items() if (hour.hour - clock) % 24 in (0, 1, 23)]
    everything = list(past.values())
    if len(near) >= 20:
        return max(percentile(near), least)
    if len(everything) >= 20:
        return max(percentile(everything), least)
    return max(percentile(everything), newcomer)


def percentile(values: Sequence[int]) -> float:
    return sorted(values)[ceil(0.95 * len(values)) - 1] if values else 0


def by_hour(rows: Iterable[Activity]) -> Counter[datetime]:
    return Counter(hour_of(row) for row in rows)


def hour_of(row: Activity) -> datetime:
    return row.timestamp.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def network(ip: str) -> str:
    try:
        wide = 24 if ipaddress.ip_address(ip).version == 4 else 48
    except ValueError:
        return ip
    return str(ipaddress.ip_network(f"{ip}/{wide}", strict=False))


def judged(rows: Sequence[Activity], hours: int, as_of: datetime) -> Iterator[Judged]:
    """Every hour in which a subject reaches the floor of a detector."""
    for number in range(hours):
        end = as_of - number * HOUR
        here = [row for row in rows if end - HOUR <= row.timestamp < end]
        yield from volumes(rows, here, end)
        yield from mass_edits(rows, here, end)
        yield from bursts(rows, here, end, first=as_of - hours * HOUR)
        yield from spreads(rows, end)
        yield from admin_writes(rows, here, end)


def volumes(rows: Sequence[Activity], here: Sequence[Activity], end: datetime) -> Iterator[Judged]:
    for name, key in KEYS.items():
        past = by_subject(rows, key)
        for subject, found in by_subject(here, key).items():
            if len(found) >= 20:
                before = hours_of(by_hour(past[subject]), end - HOUR)
                usual = expected(before, end - HOUR, 10, 40)
                counted = len(requests(found))
                yield Judged(f"volume_by_{name}", subject, end, len(found), usual, counted, before)


def mass_edits(
    rows: Sequence[Activity], here: Sequence[Activity], end: datetime
) -> Iterator[Judged]:
    for action, floor in (("delete", 30), ("update", 60)):
        past = by_subject([row for row in rows if row.action == action], KEYS["user"])
        now = by_subject([row for row in here if row.action == action], KEYS["user"])
        for user, found in now.items():
            counted = len(found) if action == "delete" else len(requests(found))
            if counted >= floor:
                before = hours_of(by_hour(past[user]), end - HOUR)
                usual = expected(before, end - HOUR, floor / 2, floor / 2)
                yield Judged(f"mass_{action}", user, end, len(found), usual, counted, before)


def bursts(
    rows: Sequence[Activity], here: Sequence[Activity], end: datetime, first: datetime
) -> Iterator[Judged]:
    # Runs are cut where hours are, and where the window begins to be read.
    past = by_subject(rows, KEYS["user"])
    for user in by_subject(here, KEYS["user"]):
        before = [row for row in past[user] if end - 2 * HOUR <= row.timestamp < end - HOUR]
        before = [row for row in before if row.timestamp >= first - MINUTE]
        inside = requests(row for row in here if str(row.user) == user)
        moments = [row.timestamp for row in [*requests(before), *inside]]
        most = max(
            (sum(row.timestamp - MINUTE <= one <= row.timestamp for one in moments))
            for row in inside
        )
        if most >= 44:
            start = start_of("burst", end)
            known = hours_of(by_hour(past[user]), start)
            usual = expected(known, start, 40, 40) / 2
            yield Judged("burst", user, end, most, usual, most, known)


def spreads(rows: Sequence[Activity], end: datetime) -> Iterator[Judged]:
    known = [row for row in rows if row.user and row.ip]
    for name, subject, other in (
        ("many_networks", KEYS["user"], lambda row: network(row.ip)),
        ("many_users", KEYS["ip"], KEYS["user"]),
    ):
        for one, found in by_subject(known, subject).items():
            most = 0
            for last in found:
                if end - HOUR <= last.timestamp < end:
                    met = {
                        other(row)
                        for row in found
                        if last.timestamp - HALF <= row.timestamp <= last.timestamp
                    }
                    most = max(most, len(met))
            if most >= 3:
                meetings = {(hour_of(row), other(row)) for row in found}
                start = start_of(name, end)
                past = hours_of(Counter(hour for hour, _ in meetings), start)
                usual = expected(past, start, 1, 1)
                yield Judged(name, one, end, most, usual, most, past)


def admin_writes(
    rows: Sequence[Activity], here: Sequence[Activity], end: datetime
) -> Iterator[Judged]:
    def writes(of: Iterable[Activity]) -> dict[str, list[Activity]]:
        found = (row for row in of if row.collection in ADMIN and row.action in WRITES)
        return by_subject(found, KEYS["user"])

    past = writes(rows)
    for user, found in writes(here).items():
        rights = [row for row in found if row.collection != "directus_users"]
        if len(found) < 11 and not rights:
            continue
        start = end - HOUR
        before = hours_of(by_hour(past[user]), start)
        of_rights = by_hour(row for row in past[user] if row.collection != "directus_users")
        yield Judged(
            "admin_writes",
            user,
            end,
            len(found),
            expected(before, start, 5, 5),
            len(requests(found)),
            before,
            is_first=bool(rights) and not hours_of(of_rights, start),
        )
