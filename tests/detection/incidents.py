"""How the detectors do on planted incidents; `python -m tests.detection.incidents` prints it.

A stream of made-up activity, incidents of one strength among it, imports, deploys and changes of
privileges around them. Asked is detect_activity_anomalies, every hour at the hour; beside it
stands a z-score over the same hours. An alarm is a row of severity medium or above. It is right if
it names somebody or something of an incident's rows, in its hour or half an hour later; else it is
false, also where it is about an import. An incident is found if an alarm names its subject in its
hour; the delay is that until the hour's end, when it is asked.
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from statistics import fmean, pstdev

import psycopg

from activity_sql import cluster as clusters
from activity_sql.db import connect
from activity_sql.deploy import deploy
from activity_sql.generate.activity import ActivityRow, activity_hours
from activity_sql.generate.incidents import CLEAN_HOURS, Incident, plan_incidents, with_incidents
from activity_sql.populate import populate
from activity_sql.release import load_linted_release
from activity_sql.settings import Settings
from tests.support.directus import ACTIVITY_TABLES

UNTIL = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
BASELINE = 28 * 24
KINDS = (
    "volume_by_collection",
    "volume_by_action",
    "volume_by_user",
    "volume_by_ip",
    "burst",
    "mass_delete",
    "mass_update",
    "many_networks",
    "many_users",
    "admin_writes",
)
FASTER = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "jit": "off"}
ANOMALIES = """
    SELECT detector, subject, severity, detected_at
    FROM detect_activity_anomalies(%s, 3.0, %s)
"""


@dataclass(frozen=True)
class Alarm:
    """What a detector said of a subject in the hour that begins at `hour`."""

    detector: str
    subject: str
    hour: datetime


@dataclass(frozen=True)
class Stream:
    """Made-up activity, and what was planted into it. Nothing is judged before `first`."""

    rows: int
    days: int
    seed: int
    incidents: Sequence[Incident]

    @classmethod
    def planned(cls, rows: int, days: int, seed: int, strength: float) -> "Stream":
        hours = activity_hours(rows=rows, days=days, until=UNTIL, seed=seed)
        return cls(rows, days, seed, plan_incidents(hours, seed=seed, strength=strength))

    @property
    def first(self) -> datetime:
        return UNTIL - timedelta(days=self.days) + CLEAN_HOURS * HOUR

    def activity(self) -> Iterator[ActivityRow]:
        hours = activity_hours(rows=self.rows, days=self.days, until=UNTIL, seed=self.seed)
        return with_incidents(hours, self.incidents)


def hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def ours(connection: psycopg.Connection, stream: Stream) -> Iterator[tuple[str, Alarm]]:
    """Severity and alarm; a day at once, since every hour is judged as if asked at its end."""
    day = stream.first
    while day < UNTIL:
        day += 24 * HOUR
        for detector, subject, severity, seen in connection.execute(ANOMALIES, [24, day]):
            yield severity, Alarm(detector, subject, hour_of(seen))


def by_z_score(stream: Stream) -> Iterator[Alarm]:
    """At least 20 rows, three standard deviations over the mean of the 28 days before."""
    counts: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    start = UNTIL - timedelta(days=stream.days)
    for row in stream.activity():
        hour = int((row.timestamp - start) / HOUR)
        for name in ("user", "ip", "collection", "action"):
            if subject := getattr(row, name):
                counts[name, subject][hour] += 1
    for (name, subject), by_hour in counts.items():
        for hour, count in by_hour.items():
            if hour < CLEAN_HOURS or count < 20:
                continue
            past = [by_hour[number] for number in range(max(0, hour - BASELINE), hour)]
            if count > fmean(past) + 3 * max(pstdev(past), 1):
                yield Alarm(f"volume_by_{name}", subject, start + hour * HOUR)


@dataclass
class Tally:
    """What is added up over streams of one strength."""

    planted: Counter[str]
    found: Counter[str]
    delays: dict[str, list[float]]
    right: Counter[str]
    false: Counter[str]
    days: float = 0
    user_days: int = 0
    active_user_days: int = 0

    @classmethod
    def empty(cls) -> "Tally":
        return cls(Counter(), Counter(), defaultdict(list), Counter(), Counter())

    def add(self, stream: Stream, alarms: Iterable[Alarm]) -> list[Alarm]:
        """Return the false ones."""
        attacks = [one for one in stream.incidents if one.kind.sizes is None]
        touched: dict[datetime, set[str | None]] = defaultdict(set)
        for attack in attacks:
            rows = attack.planted()
            names = {
                name for row in rows for name in (row.user, row.ip, row.collection, row.action)
            }
            for hour in (attack.hour, hour_of(rows[-1].timestamp + HOUR / 2)):
                touched[hour] |= names
        raised = set(alarms)
        wrong = [one for one in raised if one.subject not in touched[one.hour]]
        self.false.update(one.detector for one in wrong)
        self.right.update(one.detector for one in raised.difference(wrong))
        named = {(one.subject, one.hour) for one in raised}
        for attack in attacks:
            self.planted[attack.kind.name] += 1
            if (attack.subject, attack.hour) in named:
                self.found[attack.kind.name] += 1
                began = min(row.timestamp for row in attack.planted())
                self.delays[attack.kind.name].append((attack.hour + HOUR - began) / HOUR * 60)
        self.days += (UNTIL - stream.first) / timedelta(days=1)
        present = {
            (row.user, row.timestamp.date())
            for row in stream.activity()
            if row.user and row.timestamp >= stream.first
        }
        self.active_user_days += len(present)
        people = len({user for user, _ in present})
        self.user_days += people * round((UNTIL - stream.first) / timedelta(days=1))
        return wrong

    @property
    def recall(self) -> float:
        return self.found.total() / self.planted.total()

    def false_per_1000(self) -> tuple[float, float]:
        """False alarms in 1,000 days of a user, and in 1,000 days on which one did anything."""
        false = 1000 * self.false.total()
        return false / self.user_days, false / self.active_user_days


def alarms_of(found: Iterable[tuple[str, Alarm]]) -> list[Alarm]:
    return [alarm for severity, alarm in found if severity != "low"]


def table(tally: Tally) -> str:
    lines = [
        "| detector | planted | recall | precision | delay, min | false alarms a day |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for kind in KINDS:
        raised = tally.right[kind] + tally.false[kind]
        delays = tally.delays[kind]
        lines.append(
            f"| {kind} | {tally.planted[kind]} | {share(tally.found[kind], tally.planted[kind])} "
            f"| {share(tally.right[kind], raised)} | {f'{fmean(delays):.0f}' if delays else '-'} "
            f"| {tally.false[kind] / tally.days:.3f} |"
        )
    delays = list(chain.from_iterable(tally.delays.values()))
    raised = tally.right.total() + tally.false.total()
    lines.append(
        f"| all | {tally.planted.total()} | {tally.recall:.2f} "
        f"| {share(tally.right.total(), raised)} | {f'{fmean(delays):.0f}' if delays else '-'} "
        f"| {tally.false.total() / tally.days:.3f} |"
    )
    return "\n".join(lines)


def share(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "-"


def fill(settings: Settings, stream: Stream, strength: float) -> None:
    """Put the stream into the Directus of an empty database, with the package on it."""
    with connect(settings) as connection:
        populate(
            connection,
            rows=stream.rows,
            days=stream.days,
            until=UNTIL,
            seed=stream.seed,
            attacks=strength,
        )
        deploy(connection, load_linted_release(settings), settings)
    with psycopg.connect(settings.conninfo, autocommit=True) as connection:
        connection.execute("CALL activity_sql.backfill()")
        connection.execute("VACUUM (ANALYZE) directus_activity")


def load(cluster: clusters.Cluster, stream: Stream, strength: float) -> Settings:
    """A database of the stream."""
    name = f"incidents_{stream.seed}_{str(strength).replace('.', '_')}"
    with psycopg.connect(cluster.conninfo(), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
    settings = Settings(conninfo=cluster.conninfo(name), source="incidents")
    with psycopg.connect(settings.conninfo) as connection:
        connection.execute(ACTIVITY_TABLES.read_bytes())
    fill(settings, stream, strength)
    return settings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 12, 13, 14, 15])
    parser.add_argument("--strengths", type=float, nargs="+", default=[1.5, 3, 10])
    parser.add_argument("--rows", type=int, default=250_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--false", action="store_true", help="list what was false, and what missed")
    given = parser.parse_args()
    installation = clusters.find_installations()[-1]
    print(f"{given.rows:,} rows of {given.days} days, seeds {given.seeds}")
    with clusters.temporary(installation, settings=FASTER) as cluster:
        for strength in given.strengths:
            tally, naive = Tally.empty(), Tally.empty()
            for seed in given.seeds:
                stream = Stream.planned(given.rows, given.days, seed, strength)
                settings = load(cluster, stream, strength)
                with psycopg.connect(settings.conninfo) as connection:
                    alarms = alarms_of(ours(connection, stream))
                wrong = tally.add(stream, alarms)
                naive.add(stream, by_z_score(stream))
                if given.false:
                    explain(stream, alarms, wrong)
            print(f"\n{strength:g} times\n\n{table(tally)}")
            for name, one in (("detect_activity_anomalies", tally), ("z-score", naive)):
                per_day, per_active = one.false_per_1000()
                print(
                    f"\n{name}: recall {one.recall:.2f}, false alarms per 1,000 user-days "
                    f"{per_day:.2f}, per 1,000 active ones {per_active:.2f}"
                )


def explain(stream: Stream, alarms: Sequence[Alarm], wrong: Sequence[Alarm]) -> None:
    honest = {one.hour: one.kind.name for one in stream.incidents if one.kind.sizes}
    for alarm in sorted(wrong, key=lambda one: one.hour):
        print("false", alarm.hour, alarm.detector, alarm.subject, honest.get(alarm.hour, ""))
    named = {(one.subject, one.hour) for one in alarms}
    for attack in stream.incidents:
        if attack.kind.sizes is None and (attack.subject, attack.hour) not in named:
            print("missed", attack.label())


if __name__ == "__main__":
    main()
