"""The rollups beside a real Directus: fresh, lasting, and free for who writes."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from activity_sql.cluster import Cluster
from activity_sql.settings import Settings
from tests import oracle
from tests.directus.conftest import DIRECTUS_VERSION
from tests.directus.database import Database, create
from tests.directus.directus_server import ADMIN_TOKEN, Directus, Server, set_up
from tests.directus.rest import Client
from tests.directus.scenario import collection
from tests.directus.single_creates import p99, refreshed, time_single_creates
from tests.oracle import Activity
from tests.support.history import Session, answer, one, open_session, refresh

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
APART = 6 * DAY + HOUR  # the hours that have rows: whole days for each 24th
SECONDS = 60
MOST_OF_P99 = 3.0

# What makes single creates wait until the batch commits.
HOT_ROW = """
    CREATE TABLE hot (only_one boolean PRIMARY KEY, actions bigint);
    CREATE FUNCTION count_hot() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO hot VALUES (true, 1)
        ON CONFLICT (only_one) DO UPDATE SET actions = hot.actions + 1;
        RETURN NULL;
    END $$;
    CREATE TRIGGER hot AFTER INSERT ON directus_activity
        FOR EACH ROW EXECUTE FUNCTION count_hot();
"""

# The whole contract, by plain SQL.
SCAN = """
    SELECT
        ip,
        count(*) AS total_actions,
        count(DISTINCT collection) AS unique_collections,
        count(DISTINCT "user") AS unique_users,
        min("timestamp") AS first_seen,
        max("timestamp") AS last_seen
    FROM directus_activity
    WHERE ip IS NOT NULL AND "timestamp" >= now() - interval '7 days'
    GROUP BY ip
    ORDER BY count(*) DESC, ip COLLATE "C"
"""


@dataclass(frozen=True)
class Place:
    """A Directus and its database; its server where that runs."""

    directus: Directus
    database: Database
    server: Server | None = None

    def log_tail(self) -> str:
        return self.server.log_tail() if self.server else ""

    @property
    def folder(self) -> Path:
        return self.directus.folder

    def session(self) -> Session:
        return open_session(Settings(conninfo=self.database.conninfo, source="the tests"))

    def activity_sql(self, *arguments: str) -> None:
        self.database.activity_sql(*arguments, folder=self.folder)


@pytest.fixture(scope="module")
def bootstrapped(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Database:
    """A Directus that was never worked in, to be copied."""
    database = create(cluster, "rollups bootstrapped")
    folder = tmp_path_factory.mktemp("bootstrapped")
    set_up(DIRECTUS_VERSION, database.environment, folder).run("bootstrap")
    return database


def copy(bootstrapped: Database, name: str, folder: Path) -> Place:
    database = create(bootstrapped.cluster, name, template=bootstrapped.name)
    return Place(set_up(DIRECTUS_VERSION, database.environment, folder), database)


def make_articles(server: Server) -> Client:
    admin = Client(server.url, ADMIN_TOKEN)
    assert admin.post("/collections", collection("articles")).status == 200
    return admin


@pytest.fixture(scope="module")
def place(bootstrapped: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A running Directus with the package deployed."""
    copied = copy(bootstrapped, "rollups", tmp_path_factory.mktemp("rollups"))
    with copied.directus.started() as server:
        make_articles(server)
        copied.activity_sql("migrate")
        yield replace(copied, server=server)


@pytest.fixture(scope="module")
def admin(place: Place) -> Client:
    assert place.server is not None
    return Client(place.server.url, ADMIN_TOKEN)


@pytest.fixture
def session(place: Place) -> Iterator[Session]:
    with place.session() as opened:
        yield opened


def counted(session: Session, address: str) -> int:
    found = [row["total_actions"] for row in answer(session, 7, None) if row["ip"] == address]
    return found[0] if found else 0


def folded_rows(session: Session) -> int:
    return int(
        one(session, "SELECT coalesce(sum(actions), 0) AS n FROM activity_sql.activity_hour")["n"]
    )


def assert_as_plain_sql(session: Session) -> int:
    """In one snapshot; the number of rows."""
    with session.transaction():
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        scanned = session.execute(SCAN).fetchall()
        columns = ", ".join(scanned[0])
        answered = session.execute(
            f"SELECT {columns} FROM get_ip_activity_stats(7, 1, NULL)"
        ).fetchall()
    assert answered == scanned
    return sum(row["total_actions"] for row in scanned)


def test_a_row_is_in_the_answer_at_once_and_once(session: Session, admin: Client) -> None:
    client = admin.at("203.0.113.20")
    for wanted in (1, 2, 3):
        # In the tail, then folded.
        assert client.post("/items/articles", {"title": "New"}).status == 200
        assert counted(session, client.address) == wanted
        assert refresh(session) > 0
        assert counted(session, client.address) == wanted
        assert refresh(session) == 0
        assert_as_plain_sql(session)
    rows = one(session, "SELECT count(*) AS n FROM directus_activity")["n"]
    assert folded_rows(session) == rows


def test_no_row_of_a_batch_in_flight_is_lost(session: Session, admin: Client) -> None:
    refresh(session)
    before = one(session, "SELECT count(*) AS n, max(id) AS id FROM directus_activity")
    batcher, single = admin.at("203.0.113.21"), admin.at("203.0.113.22")
    items = [{"title": f"Row {number}"} for number in range(1000)]
    statuses: list[int] = []
    batch = threading.Thread(
        target=lambda: statuses.append(batcher.post("/items/articles", items).status)
    )
    batch.start()
    held, singles = 0, 0
    while batch.is_alive():
        drawn = one(session, "SELECT last_value AS id FROM directus_activity_id_seq")["id"]
        refresh(session)
        state = one(session, "SELECT settled_id, held_by_pid FROM activity_sql.rollup_status()")
        if state["held_by_pid"] is not None and drawn > before["id"] + 10:
            # Between the batch's ids, visible before any of them.
            assert single.post("/items/articles", {"title": "Beside it"}).status == 200
            singles += 1
            held += counted(session, batcher.address) == 0
        assert counted(session, single.address) == singles
        assert_as_plain_sql(session)
    assert statuses == [200]
    assert held >= 3
    assert singles >= 3

    # Committed, and in the tail.
    assert counted(session, batcher.address) == 1000
    assert_as_plain_sql(session)
    until(lambda: refresh(session) == 0)
    assert counted(session, batcher.address) == 1000
    assert assert_as_plain_sql(session) == folded_rows(session)
    after = one(session, "SELECT count(*) AS n FROM directus_activity")["n"]
    assert folded_rows(session) == after == before["n"] + 1000 + singles


# Retention


def retention(activity: str, runs: str) -> dict[str, str]:
    """Directus's settings for it, every other second."""
    return {
        "RETENTION_ENABLED": "true",
        "RETENTION_SCHEDULE": "*/2 * * * * *",
        "RETENTION_BATCH": "7",
        "ACTIVITY_RETENTION": activity,
        "FLOW_LOGS_RETENTION": runs,
    }


@pytest.fixture(scope="module")
def worked_in(bootstrapped: Database, tmp_path_factory: pytest.TempPathFactory) -> Database:
    """A Directus with articles and runs of a flow, all made by REST, of half a year."""
    place = copy(bootstrapped, "rollups worked in", tmp_path_factory.mktemp("worked"))
    with place.directus.started() as server:
        admin = make_articles(server)
        for number in range(6):
            items = [{"title": f"Article {number}"}] * 13
            assert admin.at(f"203.0.113.{number}").post("/items/articles", items).status == 200
        run_a_flow(admin, 24)
    with place.session() as session:
        spread(session)
    return place.database


def run_a_flow(admin: Client, times: int) -> None:
    flow = admin.post(
        "/flows",
        {
            "name": "Runs",
            "status": "active",
            "trigger": "webhook",
            "accountability": "all",
            "options": {"method": "POST"},
        },
    ).data["id"]
    operation = {"flow": flow, "key": "log", "type": "log", "position_x": 1, "position_y": 1}
    first = admin.post("/operations", operation | {"options": {"message": "ran"}}).data["id"]
    assert admin.send("PATCH", f"/flows/{flow}", {"operation": first}).status == 200
    client = admin.at("203.0.113.99")
    until(lambda: client.post(f"/flows/trigger/{flow}", {}).status < 300)
    for _ in range(times - 1):
        assert client.post(f"/flows/trigger/{flow}", {}).status < 300
    until(lambda: len(admin.get("/activity?filter[action][_eq]=run&limit=-1").data) == times)


def spread(session: Session) -> None:
    """Some rows in an hour, one of them a run of the flow for most; thirty such hours."""
    ids = {
        is_run: [
            row["id"]
            for row in session.execute(
                "SELECT id FROM directus_activity WHERE (action = 'run') = %s ORDER BY id", [is_run]
            ).fetchall()
        ]
        for is_run in (True, False)
    }
    assert len(ids[True]) > 20
    newest = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - 3 * HOUR
    for number in range(30):
        rows = [*ids[True][number::30], *ids[False][number::30]]
        for place, row in enumerate(rows):
            moment = newest - number * APART + place * timedelta(minutes=7, seconds=13)
            session.execute(
                'UPDATE directus_activity SET "timestamp" = %s WHERE id = %s', [moment, row]
            )


@pytest.fixture
def half_a_year(request: pytest.FixtureRequest, worked_in: Database, tmp_path: Path) -> Place:
    """A copy of it with the rollups deployed, nothing folded."""
    place = copy(worked_in, request.node.name, tmp_path)
    place.activity_sql("migrate")
    return place


def prune(place: Place, session: Session, days: dict[bool, int]) -> None:
    """Let Directus delete what is older, by whether of action run; fold meanwhile."""
    left = """
        SELECT count(*) AS n FROM directus_activity
        WHERE "timestamp" < now() - interval '1 day' * CASE action WHEN 'run' THEN %s ELSE %s END
    """
    assert one(session, left, days[True], days[False])["n"] > 20
    settings = retention(activity=f"{days[False]}d", runs=f"{days[True]}d")
    with place.directus.started(settings) as server:

        def is_done() -> bool:
            refresh(session)
            return one(session, left, days[True], days[False])["n"] == 0

        until(is_done)
    assert "ERROR" not in server.log.read_text()


def edges(rows: Sequence[Activity]) -> Iterator[datetime]:
    """Within each hour that has rows, at its start and between two of its rows."""
    for hour in sorted({hour_of(row.timestamp) for row in rows}):
        yield hour
        yield hour + timedelta(minutes=10)


def hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def windows(rows: Sequence[Activity]) -> list[tuple[int, datetime]]:
    """With rows at both edges where there are any, and with all rows before the end."""
    return [(days, edge) for edge in edges(rows) for days in (24 * APART // DAY, 400)]


def scan(rows: Sequence[Activity], days: int, as_of: datetime) -> list[dict[str, Any]]:
    return oracle.get_ip_activity_stats(
        rows, now=as_of, p_days=days, p_min_count=1, p_limit=None, p_as_of=as_of
    )


def stored(session: Session) -> list[Activity]:
    rows = session.execute(
        'SELECT "timestamp", action, "user", ip, collection, item FROM directus_activity'
    )
    return [Activity(**row) for row in rows.fetchall()]


def coverage_of_rows(session: Session) -> tuple[datetime, datetime | None]:
    row = one(session, "SELECT * FROM activity_rollup_coverage() WHERE grain = 'row'")
    return row["exact_since"], row["rounded_before"]


def by_maintenance(session: Session) -> None:
    steps = session.execute("SELECT * FROM maintain_activity_table()").fetchall()
    assert not [step for step in steps if step["detail"].startswith("failed")]


# Either may be the longer one.
@pytest.mark.parametrize("days", [{True: 30, False: 90}, {True: 120, False: 45}])
def test_what_was_folded_outlasts_retention(half_a_year: Place, days: dict[bool, int]) -> None:
    with half_a_year.session() as session:
        rows = stored(session)
        assert refresh(session) == len(rows)
        first = hour_of(min(row.timestamp for row in rows))
        prune(half_a_year, session, days)
        assert len(stored(session)) < len(rows) - 20
        for _ in range(2):
            for window in windows(rows):
                assert answer(session, *window) == scan(rows, *window)
            assert coverage_of_rows(session) == (first, None)
            by_maintenance(session)


def test_with_the_archive_retention_changes_no_answer(half_a_year: Place) -> None:
    with half_a_year.session() as session:
        session.execute("SELECT activity_sql.configure(p_archive => true)")
        rows = stored(session)
        assert refresh(session) == len(rows)
        first = hour_of(min(row.timestamp for row in rows))
        prune(half_a_year, session, {True: 30, False: 90})
        assert len(stored(session)) < len(rows) - 20
        for _ in range(2):
            for window in windows(rows):
                assert answer(session, *window) == scan(rows, *window)
            assert coverage_of_rows(session) == (first, None)
            by_maintenance(session)


# Free for who writes


def test_single_creates_beside_a_batch_do_not_wait(
    place: Place, session: Session, admin: Client
) -> None:
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(2):
        place.activity_sql("uninstall", "--yes")
        seconds[False] += time_single_creates(admin)
        place.activity_sql("migrate")
        with refreshed(place.database.conninfo):
            seconds[True] += time_single_creates(admin)
    assert min(map(len, seconds.values())) >= 50
    without, beside = p99(seconds[False]), p99(seconds[True])
    print(f"p99 of single creates: {without * 1000:.0f} ms without, {beside * 1000:.0f} ms with")
    assert beside <= MOST_OF_P99 * without

    session.execute(HOT_ROW)
    waiting = p99(time_single_creates(admin))
    session.execute("DROP TABLE hot CASCADE; DROP FUNCTION count_hot() CASCADE")
    assert waiting > MOST_OF_P99 * without


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"not so within {SECONDS} s"
        time.sleep(0.1)
