"""What is planted: labelled truly, as strong as stated, and beside untouched base rows."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from hashlib import sha256
from itertools import combinations, pairwise

import pytest

from activity_sql.errors import UsageError
from activity_sql.generate import PROFILES, ActivityRow, activity_rows, users
from activity_sql.generate.activity import activity_hours
from activity_sql.generate.incidents import plan_incidents, with_incidents

UNTIL = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
INCIDENTS = {
    "volume_by_collection", "volume_by_action", "volume_by_user", "volume_by_ip", "burst",
    "mass_delete", "mass_update", "many_networks", "many_users", "admin_writes",
}  # fmt: skip
HONEST = {"import", "deploy", "privilege_change"}
ADMIN = {
    f"directus_{name}"
    for name in ("users", "roles", "policies", "access", "permissions", "flows", "settings")
}


@dataclass(frozen=True)
class Label:
    """A label as its reader has it."""

    kind: str
    legitimate: bool
    subject_type: str
    subject: str
    start: datetime
    end: datetime
    rows: int
    counts: str
    expected_p99: int
    observed: int
    strength: float | None

    @property
    def hour(self) -> datetime:
        return self.start.replace(minute=0, second=0, microsecond=0)


@dataclass(frozen=True)
class Case:
    """A stream with its incidents, and without."""

    days: int
    strength: float
    seed: int
    base: list[ActivityRow]
    stream: list[ActivityRow]
    labels: list[Label]

    @cached_property
    def planted(self) -> list[ActivityRow]:
        """The rows that the base stream has not, which is found in the stream in its order."""
        base, extra = iter(self.base), []
        expected = next(base, None)
        for row in self.stream:
            if row == expected:
                expected = next(base, None)
            else:
                extra.append(row)
        assert expected is None
        return extra

    def of(self, label: Label) -> list[ActivityRow]:
        return [row for row in self.planted if label.start <= row.timestamp <= label.end]


@cache
def case(rows: int, days: int, strength: float, seed: int) -> Case:
    size = {"rows": rows, "days": days, "until": UNTIL, "seed": seed}
    incidents = plan_incidents(activity_hours(**size), seed=seed, strength=strength)
    labels = []
    for incident in incidents:
        read = json.loads(json.dumps(incident.label()))
        moments = {name: datetime.fromisoformat(read.pop(name)) for name in ("start", "end")}
        labels.append(Label(**read, **moments))
    stream = list(with_incidents(activity_hours(**size), incidents))
    return Case(days, strength, seed, list(activity_rows(**size)), stream, labels)


# As small and medium are, with fewer rows.
CASES = [(20_000, 30, 1.5, 1), (20_000, 30, 3.0, 2), (20_000, 30, 10.0, 3), (100_000, 365, 3.0, 4)]


@pytest.fixture(params=CASES, ids=str)
def planted(request: pytest.FixtureRequest) -> Iterator[Case]:
    return case(*request.param)


def network(address: str) -> str:
    return address.rsplit(".", 1)[0] if "." in address else ":".join(address.split(":")[:3])


SUBJECT_TYPES = ("user", "ip", "collection", "action")

# Of the rows of one hour of a subject.
COUNTS: dict[str, Callable[[list[ActivityRow]], int]] = {
    "rows": len,
    "networks": lambda rows: len({network(row.ip) for row in rows if row.ip}),
    "users": lambda rows: len({row.user for row in rows if row.user and row.ip}),
    "admin writes": lambda rows: sum(
        row.collection in ADMIN and row.action in ("create", "update", "delete") for row in rows
    ),
}


def by_hour(rows: list[ActivityRow], labels: list[Label]) -> dict[Label, dict[datetime, int]]:
    """What each label counts of its subject, by hour."""
    subjects = {(label.subject_type, label.subject) for label in labels}
    found = defaultdict(lambda: defaultdict(list))
    for row in rows:
        hour = row.timestamp.replace(minute=0, second=0, microsecond=0)
        for key in subjects & {(name, getattr(row, name)) for name in SUBJECT_TYPES}:
            found[key][hour].append(row)
    return {
        label: {
            hour: count
            for hour, of_hour in found[label.subject_type, label.subject].items()
            if (count := COUNTS[label.counts](of_hour))
        }
        for label in labels
    }


def test_base_rows_stay_and_the_others_are_labelled(planted: Case) -> None:
    rows = planted.planted
    found = Counter(
        index
        for row in rows
        for index, label in enumerate(planted.labels)
        if label.start <= row.timestamp <= label.end
    )
    assert found == {index: label.rows for index, label in enumerate(planted.labels)}
    assert len(rows) == found.total() == len(planted.stream) - len(planted.base)


def test_the_stated_strength_is_reached(planted: Case) -> None:
    after = by_hour(planted.stream, planted.labels)
    for label, hours in by_hour(planted.base, planted.labels).items():
        most = sorted(hours.values())
        # percentile_disc: the first of which 99 in 100 are not above it.
        p99 = next((v for number, v in enumerate(most, 1) if number * 100 >= len(most) * 99), 0)
        assert label.expected_p99 == p99, label
        assert after[label][label.hour] == label.observed, label
        if not label.legitimate:
            assert label.strength == planted.strength
            assert 0 <= label.observed - planted.strength * p99 < 1, label
            assert hours.get(label.hour, 0) <= p99


def test_every_kind_is_there(planted: Case) -> None:
    counts = Counter((label.kind, label.legitimate) for label in planted.labels)
    incidents, honest = (12, 36) if planted.days == 365 else (2, 3)
    assert counts == {
        **{(kind, False): incidents for kind in INCIDENTS},
        **{(kind, True): honest for kind in HONEST},
    }


def test_time_and_distance(planted: Case) -> None:
    first = UNTIL - timedelta(days=planted.days)
    assert all(first <= row.timestamp < UNTIL for row in planted.planted)
    assert planted.labels == sorted(planted.labels, key=lambda label: label.start)
    for label, after in pairwise(planted.labels):
        assert after.hour - label.hour >= 2 * HOUR
    incidents = [label for label in planted.labels if not label.legitimate]
    assert min(label.start for label in incidents) >= first + timedelta(days=14)
    for label, other in combinations(incidents, 2):
        if label.subject == other.subject:
            assert other.hour - label.hour >= timedelta(days=14)
    for label in planted.labels:
        assert label.start.hour == label.end.hour
        if label.legitimate:
            assert label.start.weekday() < 5
            assert 8 <= label.start.hour <= 16


def test_rows_are_what_their_kind_says(planted: Case) -> None:
    people = {user.id for user in users(planted.seed)}
    usual: dict[str | None, Counter[str | None]] = defaultdict(Counter)
    known = {(row.collection, row.item) for row in planted.base}
    for row in planted.base:
        usual[row.user][row.ip] += 1
    for label in planted.labels:
        rows = planted.of(label)
        lasts = label.end - label.start
        assert {getattr(row, label.subject_type) for row in rows} == {label.subject}
        assert {row.user for row in rows} <= people
        actions = {row.action for row in rows}
        collections = {row.collection for row in rows}
        match label.kind:
            case "burst":
                assert lasts < timedelta(minutes=1)
            case "mass_delete" | "mass_update":
                assert (actions, len(collections)) == ({label.kind.removeprefix("mass_")}, 1)
            case "many_networks" | "many_users":
                assert lasts < timedelta(minutes=30)
                assert COUNTS[label.counts](rows) == len(rows) == label.observed
                assert actions == {"login"}
            case "admin_writes":
                assert collections <= ADMIN
                assert actions <= {"create", "update", "delete"}
            case "import":
                assert (actions, len(collections)) == ({"create"}, 1)
                items = {(row.collection, row.item) for row in rows}
                assert len(items) == len(rows)
                assert items.isdisjoint(known)
                assert lasts < timedelta(seconds=10)
                assert 300 <= label.rows <= 3000
            case "deploy":
                assert collections & {"directus_fields", "directus_permissions"}
                assert 30 <= label.rows <= 120
            case "privilege_change":
                assert collections <= {"directus_policies", "directus_roles"}
                assert label.rows == 1
        if label.subject_type == "user" and label.kind != "many_networks":
            assert {row.ip for row in rows} == {usual[label.subject].most_common(1)[0][0]}


def test_equal_arguments_give_equal_rows_and_labels() -> None:
    """The same on every Python, too."""
    made = case(20_000, 30, 3.0, 2)
    case.cache_clear()
    again = case(20_000, 30, 3.0, 2)
    assert made is not again
    assert made == again
    digest = sha256()
    for line in (*made.stream, *made.labels):
        digest.update(repr(line).encode())
    assert digest.hexdigest()[:16] == "8a769883827826bd"


def test_strength_moves_nothing() -> None:
    """So that strengths can be compared."""
    weak, strong = case(20_000, 30, 1.5, 1), case(20_000, 30, 10.0, 1)
    assert [(label.kind, label.subject, label.hour) for label in weak.labels] == [
        (label.kind, label.subject, label.hour) for label in strong.labels
    ]


def test_another_seed_plants_elsewhere() -> None:
    hours = [{label.hour for label in case(20_000, 30, 3.0, seed).labels} for seed in (2, 7)]
    assert len(hours[0] & hours[1]) < 5


@pytest.mark.parametrize("strength", [1.0, 0.0, -3.0, 100.1, float("inf"), float("nan")])
def test_impossible_strengths_are_refused(strength: float) -> None:
    with pytest.raises(UsageError, match=f"of {strength} times"):
        plan_incidents(iter([]), seed=1, strength=strength)


@pytest.mark.parametrize(
    ("rows", "days", "until", "said"),
    [
        (20_000, 15, UNTIL, "into 15 days"),
        (300, 30, UNTIL, "No subject does enough for"),
        (20_000, 30, UNTIL + timedelta(minutes=30), "begin at 00:30:00"),
    ],
)
def test_streams_that_take_no_incidents(rows: int, days: int, until: datetime, said: str) -> None:
    hours = activity_hours(rows=rows, days=days, until=until, seed=1)
    with pytest.raises(UsageError, match=said):
        plan_incidents(hours, seed=1, strength=3)


def test_rows_come_one_hour_at_a_time() -> None:
    """However many there are, no more than an hour of them is held."""
    rows, days = PROFILES["large"]
    hours = activity_hours(rows=rows, days=days, until=UNTIL, seed=1)
    first = next(with_incidents(hours, []))
    start, _ = next(hours)
    assert first.timestamp < start == UNTIL - timedelta(days=days) + HOUR
