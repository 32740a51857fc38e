"""Labelled incidents, and honest work that looks like them, planted among the made-up activity.

Within one hour a subject is driven to `strength` times its own 99th percentile hour: the count that
99 in 100 of the hours do not exceed in which it did anything in the base stream (percentile_disc).
Base rows stay as they are. Deterministic as the base stream is.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from math import ceil
from operator import attrgetter
from random import Random

from activity_sql.errors import UsageError
from activity_sql.generate.activity import (
    COLLECTIONS,
    HOUR_MS,
    OFFICE_ADDRESS,
    ActivityRow,
    Simulation,
    skewed,
    weight,
)

CLEAN_HOURS = 14 * 24  # without an incident: at first, and between two of one subject
INCIDENT_HOURS = 30 * 24  # to each incident of a kind
WORK_HOURS = 10 * 24  # to each piece of honest work of a kind
FEWEST = 2  # of each kind, however short the stream
WORKING_WEIGHT = 60  # honest work is done in hours as busy as this
STRONGEST = 100
SUBJECTS = 40  # the busiest users, one half attacked by name and the other by address
ADMINS = slice(4, 8)  # the users who do the honest work
SMALLEST_P99 = {"rows": 10, "admin writes": 5, "networks": 1, "users": 1}

EDITS = ("update", "create", "version_save", "comment", "delete")
WRITES = ("update", "create", "delete")
SCHEMA_COLLECTIONS = ("directus_fields", "directus_collections", "directus_relations")
ADMIN_COLLECTIONS = (
    "directus_permissions", "directus_policies", "directus_access", "directus_roles",
    "directus_users", "directus_flows", "directus_settings",
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A kind of event, and what its rows are.

    It drives up what it `counts` of a subject of `subject_type`: rows, admin writes, networks (of
    a user), users (of an address). Actions and collections are drawn, the first ones rather than
    the last; or one collection for all. Honest work, and only that, has a range of `sizes`.
    """

    name: str
    counts: str
    subject_type: str
    minutes: float
    actions: Sequence[str] = EDITS
    collections: Sequence[str] = COLLECTIONS
    one_collection: bool = False
    sizes: tuple[int, int] | None = None


KINDS = (
    Kind("volume_by_collection", "rows", "collection", 60),
    Kind("volume_by_action", "rows", "action", 60),
    Kind("volume_by_user", "rows", "user", 60),
    Kind("volume_by_ip", "rows", "ip", 60),
    Kind("burst", "rows", "user", 1),
    Kind("mass_delete", "rows", "user", 20, ("delete",), one_collection=True),
    Kind("mass_update", "rows", "user", 20, ("update",), one_collection=True),
    Kind("many_networks", "networks", "user", 30, ("login",)),
    Kind("many_users", "users", "ip", 30, ("login",)),
    Kind("admin_writes", "admin writes", "user", 20, WRITES, ADMIN_COLLECTIONS),
    # One transaction of nine seconds.
    Kind("import", "rows", "user", 0.15, ("create",), COLLECTIONS, True, (300, 3000)),
    Kind(
        "deploy", "rows", "user", 3, ("create", "update"),
        (*SCHEMA_COLLECTIONS, *ADMIN_COLLECTIONS[:3]), False, (30, 120),
    ),
    Kind(
        "privilege_change", "admin writes", "user", 1, ("update",),
        ("directus_policies", "directus_roles"), True, (1, 1),
    ),
)  # fmt: skip

# The hours of a subject, by number, in which it did anything, and its count there.
History = dict[int, int]
Histories = defaultdict[tuple[str, str], History]  # by what is counted and the subject
Hours = Iterable[tuple[datetime, list[ActivityRow]]]


@dataclass(frozen=True)
class Incident:
    """An event planned: `rows` rows in its hour, in which the subject has `own` of what counts.

    `number` counts the hours of the stream; `expected_p99` is the subject's 99th percentile hour.
    """

    kind: Kind
    subject: str
    hour: datetime
    number: int
    rows: int
    own: int
    expected_p99: int
    strength: float
    seed: int

    def label(self) -> dict[str, object]:
        """Say what was planted, for detectors to be judged by.

        In the hour of `start` the subject has `observed` of what is counted, planted and its own.
        The first of the planted rows is dated `start`, the last `end`.
        """
        moments = [row.timestamp for row in self.planted()]
        return {
            "kind": self.kind.name,
            "legitimate": self.kind.sizes is not None,
            "subject_type": self.kind.subject_type,
            "subject": self.subject,
            "start": min(moments).isoformat(),
            "end": max(moments).isoformat(),
            "rows": self.rows,
            "counts": self.kind.counts,
            "expected_p99": self.expected_p99,
            "observed": self.own + self.rows,
            "strength": None if self.kind.sizes else self.strength,
        }

    def planted(self) -> list[ActivityRow]:
        """Return the rows in the order of their ids; the same at every call."""
        kind, scene = self.kind, Simulation(self.seed)
        rng = scene.rng = Random(f"incident {self.seed} {self.number}")  # noqa: S311
        # Nothing is created that the base stream creates.
        scene.newest = {name: item + 10_000 * self.number for name, item in scene.newest.items()}
        scene.begin(self.hour, 0)
        actions, collections = kind.actions, kind.collections
        if kind.subject_type == "action":
            actions = (self.subject,)
        elif kind.subject_type == "collection":
            collections = (self.subject,)
        elif kind.one_collection:
            collections = (skewed(rng, collections),)
        everyone = [scene.at_home(person) for person in range(len(scene.people))]
        # The user, or those at home at the address; else anybody.
        own = [visitor for visitor in everyone if self.subject in (visitor.user, visitor.ip)]
        span = kind.minutes * 60_000
        start = (HOUR_MS - span) * rng.random()
        rank = int(len(everyone) * rng.random())
        moments = sorted(start + span * rng.random() for _ in range(self.rows))
        for step, moment in enumerate(moments):
            rank = (rank + 1) % len(everyone)
            if kind.counts == "users":
                visitor = everyone[rank]._replace(ip=self.subject)
            elif own:
                visitor = own[int(len(own) * rng.random())]
            else:
                visitor = everyone[bisect_right(scene.person_table, rng.random())]
            if kind.counts == "networks" and step > 0:
                # In the range of RFC 2544, of which the base stream has nothing.
                visitor = visitor._replace(ip=f"198.{18 + rank // 256}.{rank % 256}.7")
            action, collection = skewed(rng, actions), skewed(rng, collections)
            item = scene.item(action, collection)
            if action == "login" and visitor.user:
                collection, item = "directus_users", visitor.user
            scene.write(int(moment), visitor, action, collection, item)
        return scene.in_id_order()


def plan_incidents(hours: Hours, *, seed: int, strength: float) -> list[Incident]:
    """Choose what to plant into that stream of `activity_hours`, in the order of time.

    Of each kind one incident, or three pieces of honest work, in 30 days; at least two. Never two
    within an hour of each other. No incident in the first 14 days, nor within 14 days of another
    one of its subject; about half lie in hours in which the subject is active anyway.

    Raises:
        UsageError: the strength is not above 1 and at most 100, the hours are not those of a
            calendar in UTC, or the stream is too short or too thin for any of the kinds.
    """
    if not 1 < strength <= STRONGEST:
        raise UsageError(
            f"Incidents of {strength} times the usual cannot be planted.",
            mend=f"Give a strength above 1 and at most {STRONGEST}.",
        )
    scene = Simulation(seed)
    subjects = {
        "user": scene.people[:SUBJECTS:2],
        "ip": [home for home in scene.homes[1:SUBJECTS:2] if home != OFFICE_ADDRESS],
        "collection": COLLECTIONS[:12],
        "action": ("login", *EDITS),
    }
    admins = scene.people[ADMINS]
    known = {name for names in (admins, *subjects.values()) for name in names}
    starts, histories = _histories(hours, known)
    if len(starts) < CLEAN_HOURS + 48:
        raise UsageError(
            f"Incidents cannot be planted into {len(starts) // 24} days.",
            mend="Give at least 16: the first 14 stay clean.",
        )
    rng = Random(f"incidents {seed}")  # noqa: S311 - made-up data, no secrets
    planned: list[Incident] = []
    for kind in KINDS:
        candidates = {
            subject: histories[kind.counts, subject]
            for subject in (admins if kind.sizes else subjects[kind.subject_type])
            if kind.sizes or _p99(histories[kind.counts, subject]) >= SMALLEST_P99[kind.counts]
        }
        first, spacing = (0, WORK_HOURS) if kind.sizes else (CLEAN_HOURS, INCIDENT_HOURS)
        length = len(starts) - first
        count = max(FEWEST, round(length / spacing))
        for part in range(count):
            span = range(first + length * part // count, first + length * (part + 1) // count)
            for subject in sorted(candidates, key=lambda _: rng.random()):
                history = candidates[subject]
                if free := _free_hours(kind, subject, history, span, starts, planned):
                    break
            else:
                raise UsageError(
                    f"No subject does enough for {kind.name} after {starts[span[0]]}.",
                    mend="Plant into more rows or more days.",
                )
            if rng.random() < 0.5:
                free = [number for number in free if number in history] or free
            number = free[int(len(free) * rng.random())]
            own, p99 = history.get(number, 0), _p99(history)
            if kind.sizes:
                low, high = kind.sizes
                rows = low + int((high - low + 1) * rng.random() * rng.random())
            else:
                # Rounded first: 1.1 * 10 is a little more than 11.
                rows = ceil(round(strength * p99, 6)) - own
            hour = starts[number]
            planned.append(Incident(kind, subject, hour, number, rows, own, p99, strength, seed))
    return sorted(planned, key=attrgetter("number"))


def with_incidents(hours: Hours, incidents: Iterable[Incident]) -> Iterator[ActivityRow]:
    """Yield the rows of `activity_hours` with the planted ones at their time among them."""
    by_hour = {incident.hour: incident for incident in incidents}
    for hour, rows in hours:
        if hour in by_hour:
            yield from merge(rows, by_hour[hour].planted(), key=attrgetter("timestamp"))
        else:
            yield from rows


def _histories(hours: Hours, subjects: set[str]) -> tuple[list[datetime], Histories]:
    """Return the starts of the hours, and the histories of the subjects."""
    starts: list[datetime] = []
    histories: Histories = defaultdict(dict)
    for number, (start, rows) in enumerate(hours):
        if start.minute or start.second or start.microsecond:
            raise UsageError(
                f"Incidents need hours of the calendar, and these begin at {start:%H:%M:%S}.",
                mend="End at a full hour, such as 2026-01-01T00:00:00Z.",
            )
        starts.append(start)
        for counts, of_hour in _counts(rows):
            for subject in subjects & of_hour.keys():
                histories[counts, subject][number] = of_hour[subject]
    return starts, histories


def _counts(rows: Sequence[ActivityRow]) -> Iterator[tuple[str, Mapping[str, int]]]:
    """Yield what incidents drive up, counted by subject in the rows of an hour."""
    for name in ("user", "ip", "collection", "action"):
        yield "rows", Counter(map(attrgetter(name), rows))
    visits = {(row.user, row.ip) for row in rows if row.user and row.ip}
    yield "users", Counter(ip for _, ip in visits)
    yield "networks", Counter(user for user, _ in {(user, _network(ip)) for user, ip in visits})
    writes = [row for row in rows if row.collection in ADMIN_COLLECTIONS and row.action in WRITES]
    yield "admin writes", Counter(row.user for row in writes if row.user)


def _network(address: str) -> str:
    """Return the /24 of an IPv4 address, the /48 of an IPv6 one with its first three groups."""
    return address.rpartition(".")[0] or ":".join(address.split(":")[:3])


def _p99(history: History) -> int:
    values = sorted(history.values())
    return values[ceil(0.99 * len(values)) - 1] if values else 0


def _free_hours(
    kind: Kind,
    subject: str,
    history: History,
    span: range,
    starts: Sequence[datetime],
    planned: Sequence[Incident],
) -> list[int]:
    """Return the hours of `span` in which an event may lie."""
    taken = {other.number + distance for other in planned for distance in (-1, 0, 1)}
    most = 0 if kind.counts in ("users", "networks") else _p99(history)
    free = [number for number in span if number not in taken and history.get(number, 0) <= most]
    if kind.sizes:
        return [number for number in free if weight(starts[number]) >= WORKING_WEIGHT]
    hits = [other.number for other in planned if other.subject == subject and not other.kind.sizes]
    return [number for number in free if all(abs(number - hit) >= CLEAN_HOURS for hit in hits)]
