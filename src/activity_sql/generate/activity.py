"""Made-up rows of directus_activity that look like a year of a real Directus.

Pure and deterministic: equal arguments give equal rows on every supported Python. All chance comes
from `Random.random` and `Random.getrandbits`, the two whose streams Python keeps stable.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate, chain
from operator import itemgetter
from random import Random
from typing import NamedTuple
from uuid import UUID

from activity_sql.errors import UsageError


class UserRow(NamedTuple):
    """One row of directus_users."""

    id: str
    first_name: str
    last_name: str
    email: str
    status: str


class ActivityRow(NamedTuple):
    """One row of directus_activity but for its id; the timestamp is in UTC, whole milliseconds."""

    action: str
    user: str | None
    timestamp: datetime
    ip: str | None
    user_agent: str | None
    collection: str
    item: str
    origin: str | None


class Visitor(NamedTuple):
    """Who writes, and from where; nobody writes a flow's runs."""

    user: str | None
    ip: str | None
    user_agent: str | None
    origin: str | None


NOBODY = Visitor(None, None, None, None)

FIRST_NAMES = (
    "Ada", "Amina", "Björn", "Chiara", "Daniel", "Elif", "Fatou", "Grace", "Hiroshi", "Ines",
    "Jonas", "Kofi", "Lena", "Mateo", "Nadia", "Olga", "Priya", "Samuel", "Zoë",
)  # fmt: skip
LAST_NAMES = (
    "Adeyemi", "Bauer", "Costa", "Diallo", "Eriksen", "Fischer", "García", "Haddad", "Ito",
    "Jansen", "Kowalski", "Lindqvist", "Moreau", "Nguyen", "O'Brien", "Petrov", "Rossi", "Yildirim",
)  # fmt: skip

# The busiest first.
COLLECTIONS = (
    "articles", "pages", "products", "directus_files", "directus_users", "categories",
    "media_assets", "events", "authors", "tags", "translations", "orders", "customers", "jobs",
    "press_releases", "locations", "faqs", "testimonials", "campaigns", "menus", "redirects",
    "directus_folders", "directus_presets", "newsletter_signups", "contact_messages",
)  # fmt: skip
PUBLIC_COLLECTIONS = ("newsletter_signups", "contact_messages")

# Share of the edits in a session.
EDITS = {
    "update": 0.66, "create": 0.18, "version_save": 0.07, "delete": 0.05, "comment": 0.03,
    "revert": 0.009, "install": 0.001,
}  # fmt: skip
BATCH_EDITS = {"create": 0.6, "update": 0.3, "delete": 0.1}

# Share of all rows.
RUN_SHARE = 0.08
PUBLIC_SHARE = 0.01
BATCH_SHARE = 0.15
BATCH_SIZES = (50, 1000)

# Weights of the hours of a day (UTC) and of the days of a week, from Monday.
HOURS = (2, 1, 1, 1, 2, 5, 15, 45, 85, 100, 98, 90, 65, 80, 95, 92, 80, 55, 30, 18, 12, 9, 6, 4)
WEEKDAYS = (1.0, 1.06, 1.04, 1.0, 0.85, 0.14, 0.1)
HOLIDAYS = {(1, 1), (5, 1), (12, 24), (12, 25), (12, 26), (12, 31)}
HOLIDAY_WEIGHT = 0.12

OFFICE_ADDRESS = "203.0.113.10"
WEBSITE_ADDRESSES = ("192.0.2.21", "192.0.2.22", "2001:db8:ffff::21")
APP_ORIGIN = "https://cms.example.org"
WEBSITE_ORIGIN = "https://www.example.org"

AWAY_SHARE = 0.11  # of the sessions: from an address that the user has for a week only
LATE_SHARE = 0.02  # of the rows: written up to LATE_MS after the clock was read
LATE_MS = 30_000

HOUR_MS = 3_600_000
HOURS_PER_WEEK = 168

SYSTEMS = (
    "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64",
)  # fmt: skip
CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 {}Safari/537.36"
FIREFOX = "Mozilla/5.0 ({0}; rv:{1}.0) Gecko/20100101 Firefox/{1}.0"
SAFARI = "Mozilla/5.0 ({}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{} {}Safari/{}"
DESKTOP_AGENTS = [
    *(CHROME.format(system, version, "") for version in range(141, 133, -1) for system in SYSTEMS),
    *(FIREFOX.format(system, version) for version in range(143, 138, -1) for system in SYSTEMS[:2]),
    *(SAFARI.format(SYSTEMS[1], v, "", "605.1.15") for v in ("26.0", "18.6", "18.5", "17.6")),
]
IPHONE = "iPhone; CPU iPhone OS {} like Mac OS X"
MOBILE_AGENTS = [
    *(
        SAFARI.format(IPHONE.format(v), "18.5", "Mobile/15E148 ", "604.1")
        for v in ("18_6", "18_5", "17_7")
    ),
    *(CHROME.format(f"Linux; Android {version}; K", 141, "Mobile ") for version in (16, 15, 14)),
]
TOOL_AGENTS = [
    "node", "axios/1.12.2", "python-requests/2.32.5", "PostmanRuntime/7.48.0",
    "Go-http-client/2.0", "curl/8.14.1",
]  # fmt: skip


def users(seed: int) -> list[UserRow]:
    """Return the 342 users, the busiest first; their uuids follow from the seed."""
    rng = Random(f"users {seed}")  # noqa: S311 - made-up data, no secrets
    count = len(FIRST_NAMES) * len(LAST_NAMES)
    rows = []
    for rank in range(count):
        # 101 and 342 share no factor: this walks through every pair of names once.
        pair = rank * 101 % count
        first = FIRST_NAMES[pair % len(FIRST_NAMES)]
        last = LAST_NAMES[pair // len(FIRST_NAMES)]
        status = "suspended" if rank % 60 == 59 else "active"
        rows.append(UserRow(_uuid(rng), first, last, f"editor{rank + 1}@example.org", status))
    return rows


def activity_rows(*, rows: int, days: int, until: datetime, seed: int) -> Iterator[ActivityRow]:
    """Yield the rows of `activity_hours`, one by one."""
    hours = activity_hours(rows=rows, days=days, until=until, seed=seed)
    return chain.from_iterable(of_hour for _, of_hour in hours)


def activity_hours(
    *, rows: int, days: int, until: datetime, seed: int
) -> Iterator[tuple[datetime, list[ActivityRow]]]:
    """Yield each hour of [until - days, until) with its rows in the order of their ids.

    They are exactly `rows` rows, all dated within their hour. `until` must carry a time zone. The
    users are those of `users(seed)`, or None. Raises UsageError for arguments that no rows can
    fulfil.
    """
    if rows < 0 or days < 0 or (rows > 0 and days == 0):
        raise UsageError(
            f"cannot spread {rows} rows over {days} days", mend="give at least 0 rows and 1 day"
        )
    if until.tzinfo is None:
        raise UsageError(f"the end {until} has no time zone", mend="give one, such as +00:00")
    try:
        first = until.astimezone(UTC) - timedelta(days=days)
    except OverflowError as error:
        raise UsageError(
            f"{days} days before {until} is no date", mend="give a later end"
        ) from error
    first += timedelta(microseconds=-first.microsecond % 1000)
    return _simulate(rows, days, first, seed)


def _simulate(
    rows: int, days: int, first: datetime, seed: int
) -> Iterator[tuple[datetime, list[ActivityRow]]]:
    hours = [first + timedelta(hours=number) for number in range(24 * days)]
    weights = [weight(hour) for hour in hours]
    # Scheduled flows do not sleep: every hour has the same number of them.
    flows = sum(weights) / max(len(hours), 1) * RUN_SHARE / (1 - RUN_SHARE)
    targets = _cumulative([by_people + flows for by_people in weights])
    simulation = Simulation(seed)
    rng = simulation.rng
    runs_per_hour = RUN_SHARE * rows / max(len(hours), 1)
    # A batch runs ahead of its hour's share of the rows: on quiet systems it must stay small.
    smallest, largest = BATCH_SIZES[0], min(BATCH_SIZES[1], rows // max(days, 1) // 4)
    written = 0
    for number, hour in enumerate(hours):
        wanted = round(rows * targets[number]) - written
        if wanted <= 0:
            yield hour, []
            continue
        remaining = rows - written
        simulation.begin(hour, number // HOURS_PER_WEEK)
        simulation.runs(min(wanted, _whole(rng, runs_per_hour)))
        simulation.public(min(wanted - len(simulation.pending), _whole(rng, PUBLIC_SHARE * wanted)))
        if largest >= smallest:
            for _ in range(_whole(rng, 2 * BATCH_SHARE * wanted / (smallest + largest))):
                size = smallest + int((largest - smallest + 1) * rng.random())
                simulation.batch(min(size, remaining - len(simulation.pending)))
        while len(simulation.pending) < wanted:
            simulation.session(remaining - len(simulation.pending))
        written += len(simulation.pending)
        yield hour, simulation.in_id_order()


class Simulation:
    """People at work: what changes from hour to hour, and the rows of the hour at hand."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(f"activity {seed}")  # noqa: S311 - made-up data, no secrets
        rng = self.rng
        self.people = [user.id for user in users(seed)]
        self.flows = [_uuid(rng) for _ in range(12)]
        self.homes = [_address(rng) for _ in self.people]
        for editor in range(2, len(self.people), 7):
            self.homes[editor] = OFFICE_ADDRESS
        self.desktops = [skewed(rng, DESKTOP_AGENTS) for _ in self.people]
        self.mobiles = [skewed(rng, MOBILE_AGENTS) for _ in self.people]
        self.away: dict[int, str] = {}
        self.newest = {name: 40 + 4000 // (rank + 1) for rank, name in enumerate(COLLECTIONS)}
        self.person_table = _cumulative(_zipf(len(self.people)))
        self.collection_table = _cumulative(_zipf(len(COLLECTIONS)))
        self.edits, self.edit_table = list(EDITS), _cumulative(list(EDITS.values()))
        self.batch_edits = list(BATCH_EDITS)
        self.batch_edit_table = _cumulative(list(BATCH_EDITS.values()))
        self.hour = datetime.min
        self.week = 0
        # Pairs of the moment a row is written, in ms after the hour, and the row.
        self.pending: list[tuple[int, ActivityRow]] = []

    def begin(self, hour: datetime, week: int) -> None:
        self.hour = hour
        self.pending = []
        if week != self.week:
            self.week = week
            self.away.clear()

    def in_id_order(self) -> list[ActivityRow]:
        """Return the rows of the hour as written, which is not quite as they are dated."""
        self.pending.sort(key=itemgetter(0))
        return [row for _, row in self.pending]

    def runs(self, count: int) -> None:
        """Add flows started by their schedule: no user, no address."""
        random = self.rng.random
        for _ in range(count):
            flow = skewed(self.rng, self.flows)
            self.write(int(HOUR_MS * random()), NOBODY, "run", "directus_flows", flow)

    def public(self, count: int) -> None:
        """Add what visitors without an account leave through the website's servers."""
        random = self.rng.random
        for _ in range(count):
            collection = skewed(self.rng, PUBLIC_COLLECTIONS)
            moment = int(HOUR_MS * random())
            address = skewed(self.rng, WEBSITE_ADDRESSES)
            visitor = Visitor(None, address, TOOL_AGENTS[0], WEBSITE_ORIGIN)
            self.write(moment, visitor, "create", collection, self.item("create", collection))

    def batch(self, size: int) -> None:
        """Add one transaction of one user: every row some milliseconds after the one before."""
        random = self.rng.random
        person = bisect_right(self.person_table, random())
        collection = COLLECTIONS[bisect_right(self.collection_table, random())]
        action = self.batch_edits[bisect_right(self.batch_edit_table, random())]
        by_tool = random() < 0.5
        visitor = self.at_home(person)
        if by_tool:
            agent = skewed(self.rng, TOOL_AGENTS)
            visitor = visitor._replace(user_agent=agent, origin=None)
        pace = 2.3 + 6.7 * random()
        start = (HOUR_MS - pace * size) * random()
        for number in range(size):
            item = self.item(action, collection)
            self.write(int(start + pace * number), visitor, action, collection, item)

    def session(self, most: int) -> None:
        """Add a user's login and what follows, up to `most` rows and within the hour."""
        random = self.rng.random
        person = bisect_right(self.person_table, random())
        user = self.people[person]
        visitor = self.at_home(person)
        if random() < AWAY_SHARE:
            if person not in self.away:
                self.away[person] = _address(self.rng)
            visitor = visitor._replace(ip=self.away[person], user_agent=self.mobiles[person])
        length = min(most, 1 + int(44 * _cube(random())))
        moment = int(HOUR_MS * random())
        action = "login" if random() < 0.995 else "authenticate"
        self.write(moment, visitor, action, "directus_users", user)
        collection = item = ""
        for number in range(1, length):
            moment += 400 + int(110_000 * _cube(random()))
            if moment >= HOUR_MS:
                return
            if number == length - 1 and random() < 0.35:
                self.write(moment, visitor, "logout", "directus_users", user)
                return
            if item and random() < 0.55:
                action = "update" if random() < 0.9 else "version_save"
            else:
                action = self.edits[bisect_right(self.edit_table, random())]
                collection = COLLECTIONS[bisect_right(self.collection_table, random())]
                if action == "install":
                    collection = "directus_extensions"
                elif action == "create" and collection == "directus_files" and random() < 0.2:
                    action = "upload"
                item = self.item(action, collection)
            self.write(moment, visitor, action, collection, item)

    def item(self, action: str, collection: str) -> str:
        """Return a new item for what creates one, else one of those there, rather a recent one."""
        if collection == "directus_users" and action != "create":
            return skewed(self.rng, self.people)
        newest = self.newest.get(collection, 30)
        if action in ("create", "upload"):
            newest += 1
            self.newest[collection] = newest
            number = newest
        else:
            chance = self.rng.random()
            number = newest - int(newest * chance * chance)
        if collection.startswith("directus_"):
            return f"d1ec7005-0000-4000-8000-{number:012x}"
        return str(number)

    def at_home(self, person: int) -> Visitor:
        """Return the person of that rank as they mostly come."""
        return Visitor(self.people[person], self.homes[person], self.desktops[person], APP_ORIGIN)

    def write(self, moment: int, visitor: Visitor, action: str, collection: str, item: str) -> None:
        """Add a row, dated `moment` ms after the hour; a few are written some seconds later."""
        timestamp = self.hour + timedelta(milliseconds=moment)
        chance = self.rng.random()
        written = moment if chance > LATE_SHARE else moment + int(LATE_MS * chance / LATE_SHARE)
        user, ip, agent, origin = visitor
        row = ActivityRow(action, user, timestamp, ip, agent, collection, item, origin)
        self.pending.append((written, row))


def weight(hour: datetime) -> float:
    """Return how busy people are in that hour (UTC), from 0 to about 100."""
    busy = HOURS[hour.hour] * WEEKDAYS[hour.weekday()]
    return busy * HOLIDAY_WEIGHT if (hour.month, hour.day) in HOLIDAYS else busy


def _zipf(count: int) -> list[float]:
    return [1 / rank for rank in range(1, count + 1)]


def _cumulative(weights: Sequence[float]) -> list[float]:
    """Return the running shares of `weights`; the last is exactly 1."""
    sums = list(accumulate(weights))
    return [part / sums[-1] for part in sums]


def _whole(rng: Random, expected: float) -> int:
    """Return a whole number of that mean."""
    return int(expected + rng.random())


def skewed(rng: Random, values: Sequence[str]) -> str:
    """Return one of `values`, the earlier ones rather than the later."""
    chance = rng.random()
    return values[int(len(values) * chance * chance)]


def _cube(chance: float) -> float:
    return chance * chance * chance


def _address(rng: Random) -> str:
    """Return an address out of ranges that belong to nobody: three of ten IPv6."""
    if rng.random() < 0.3:
        bits = rng.getrandbits(64)
        return f"2001:db8:{bits >> 48:x}:{bits >> 32 & 0xFFFF:x}::{bits >> 16 & 0xFFFF:x}"
    bits = rng.getrandbits(22)
    return f"100.{64 + (bits >> 16)}.{bits >> 8 & 0xFF}.{bits & 0xFF}"


def _uuid(rng: Random) -> str:
    return str(UUID(int=rng.getrandbits(128), version=4))
