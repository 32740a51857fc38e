"""Whatever happens to directus_activity, answers are those of tests/rollup_oracle.py.

Sessions insert, roll back, edit and delete, retention deletes, and between any of it rows are
folded, reconciled, rebuilt, archived and forgotten. After every step a few windows are asked for.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from psycopg.rows import dict_row

from activity_sql.db import connect
from activity_sql.deploy import deploy
from activity_sql.release import load_release
from activity_sql.settings import Settings
from tests import oracle
from tests.oracle import Activity
from tests.rollup_oracle import (
    FUTURE,
    HOUR,
    PAST,
    Basis,
    HoursDroppedError,
    Rollups,
    RowsStillThereError,
    hour_of,
)
from tests.support.directus import ACTIVITY_TABLES, ODD_SCHEMA, QUOTED_ODD_SCHEMA
from tests.support.examples import EXAMPLES
from tests.support.infinity import allow_infinity
from tests.support.kept import days_of, hours_of, read_days, read_hours
from tests.support.rows import call, insert

PROFILES = {
    "ci": settings(max_examples=EXAMPLES, stateful_step_count=30),
    "soak": settings(max_examples=5000, stateful_step_count=50),
    # The first failure is enough, and the same on each run.
    "mutants": settings(
        max_examples=200,
        stateful_step_count=30,
        phases=[Phase.generate],
        derandomize=True,
    ),
}
PROFILE = os.environ.get("ACTIVITY_SQL_ROLLUP_PROFILE", "ci")

TABLE = f"{QUOTED_ODD_SCHEMA}.directus_activity".replace("%", "%%")
SEQUENCE = f"{QUOTED_ODD_SCHEMA}.directus_activity_id_seq"
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)

SUPPORT = Path(__file__).parents[1] / "support"

microsecond = timedelta(microseconds=1)

# Where days, months and clocks turn. Few months: each has its partition.
ANCHORS = [
    datetime(2011, 12, 30, 10, tzinfo=UTC),  # Apia: the date line moves, a day is missing
    datetime(2024, 3, 1, tzinfo=UTC),  # after 29 February
    datetime(2024, 3, 10, 5, tzinfo=UTC),  # no midnight in Havana
    datetime(2024, 3, 31, 1, tzinfo=UTC),  # Berlin: clocks go forward, and the month ends
    datetime(2024, 10, 27, 1, tzinfo=UTC),  # Berlin: clocks go back
    datetime(2024, 11, 3, 4, tzinfo=UTC),  # Havana: the first midnight of the day
    datetime(2024, 11, 3, 5, tzinfo=UTC),  # and the second
    datetime(2025, 1, 1, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(9998, 6, 15, tzinfo=UTC),
    TODAY,
    TODAY - timedelta(days=30),
]
ODD_MOMENTS = [PAST, datetime(2, 3, 1, tzinfo=UTC), datetime(9998, 7, 1, tzinfo=UTC), FUTURE]
SHIFTS = [
    timedelta(),
    microsecond,
    -microsecond,
    timedelta(minutes=30),
    -timedelta(minutes=30),
    HOUR - microsecond,
    HOUR,
    -HOUR,
    timedelta(days=1),
    -timedelta(days=1),
]
ZONES = ["UTC", "Europe/Berlin", "America/Havana", "Pacific/Apia"]
ACTIONS = ["update", "run", "login", "delete", "Ü"]
USERS = [None, UUID(int=1), UUID(int=2)]
ADDRESSES = ["10.0.0.1", "10.0.0.2", "", None]
COLLECTIONS = ["articles", "pages", "directus_users"]
MANY_COLLECTIONS = [f"collection_{number}" for number in range(70)]

# Rows and edges of windows of one example meet at the same few moments.
ANCHOR = st.shared(
    st.lists(st.sampled_from(ANCHORS), min_size=1, max_size=3, unique=True), key="anchors"
).flatmap(st.sampled_from)
SHIFT = st.sampled_from(SHIFTS) | st.builds(
    lambda minutes: timedelta(minutes=minutes), st.integers(-3000, 3000)
)
NEAR = st.builds(lambda anchor, shift: anchor + shift, ANCHOR, SHIFT)
POOL = st.shared(st.lists(NEAR, min_size=2, max_size=5), key="moments")
MOMENT = POOL.flatmap(st.sampled_from) | NEAR
COLUMNS = {
    "timestamp": MOMENT | st.sampled_from(ODD_MOMENTS),
    "action": st.sampled_from(ACTIONS),
    "user": st.sampled_from(USERS),
    "ip": st.sampled_from(ADDRESSES),
    "collection": st.sampled_from(COLLECTIONS),
    "item": st.sampled_from(["1", "2"]),
}
ROW = st.builds(Activity, **COLUMNS)
ROWS = st.lists(st.tuples(ROW, st.sampled_from([1, 1, 2, 3])), min_size=1, max_size=5)
PICKS = st.lists(st.integers(0, 40), min_size=1, max_size=4)
RANGE = st.tuples(st.none() | MOMENT, st.none() | MOMENT)


@dataclass(frozen=True)
class Window:
    days: int
    as_of: datetime | None
    min_count: int
    limit: int | None


def window(
    days: int, edge: datetime | None, at_start: bool, min_count: int, limit: int | None
) -> Window:
    """One that ends at `edge`, or begins there."""
    as_of = edge + timedelta(days=days) if edge and at_start else edge
    return Window(days, as_of, min_count, limit)


DAYS = st.sampled_from([1, 2, 7, 30, 31, 90, 365, 366, 400]) | st.integers(1, 400)
WINDOW = st.builds(
    window,
    DAYS,
    st.none() | MOMENT,
    st.booleans(),
    st.sampled_from([1, 1, 1, 2, 4]),
    st.sampled_from([None, None, 1, 2]),
)
WINDOWS = st.lists(WINDOW, min_size=1, max_size=2)


@dataclass(frozen=True)
class Sessions:
    """Directus's role, several times. `caller` folds and asks, under a hostile search_path."""

    caller: psycopg.Connection
    writers: dict[str, psycopg.Connection]
    reader: psycopg.Connection


def step(**strategies: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A rule that is counted, and after which answers are compared."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        @rule(windows=WINDOWS, **strategies)
        @wraps(function)
        def run(machine: "RollupMachine", windows: list[Window], **arguments: Any) -> None:
            machine.runs[function.__name__] += 1
            function(machine, **arguments)
            machine.compare(windows)

        run.is_step = True
        return run

    return decorate


class RollupMachine(RuleBasedStateMachine):
    def __init__(self, sessions: Sessions, runs: Counter[str]) -> None:
        super().__init__()
        self.sessions = sessions
        self.caller = sessions.caller
        self.runs = runs
        self.steps = 0
        self.open: dict[str, str] = {}  # writers, and the transaction in which each has written
        self.rollups = Rollups()
        self.pinned: tuple[datetime, dict[int, Activity], Rollups] | None = None

    def teardown(self) -> None:
        for session in [*self.sessions.writers.values(), self.sessions.reader]:
            session.rollback()
        try:
            self.prove()
        finally:
            reset(self.caller)

    # Comparing

    def table(self, session: psycopg.Connection | None = None) -> dict[int, Activity]:
        rows = (session or self.caller).execute(
            f"""SELECT id, "timestamp", action, "user", ip, collection, item FROM {TABLE}""", ()
        )
        return {row.pop("id"): Activity(**row) for row in rows}

    def last_drawn(self) -> int:
        row = self.caller.execute(
            "SELECT coalesce(pg_catalog.pg_sequence_last_value(%s::regclass), 0) AS id", [SEQUENCE]
        ).fetchone()
        return row["id"]

    def compare(self, windows: list[Window]) -> None:
        with self.caller.transaction():
            mark = self.caller.execute(
                """
                SELECT
                    pg_catalog.now() AS now, settled_id, hours_since, time_zone, excluded_actions,
                    excluded_users
                FROM activity_sql.watermark
                """
            ).fetchone()
            now, table = mark.pop("now"), self.table()
            for window in windows:
                self.ask(self.caller, window, self.rollups, table, now)
        basis = self.rollups.basis
        assert mark == {
            "settled_id": self.rollups.settled_id,
            "hours_since": self.rollups.hours_since,
            "time_zone": basis.time_zone,
            "excluded_actions": sorted(basis.excluded_actions),
            "excluded_users": sorted(basis.excluded_users),
        }
        self.steps += 1
        if self.steps % 5 == 0:
            self.prove()

    def prove(self) -> None:
        """What no window happens to ask for: all that is kept is what the folded rows say."""
        assert self.caller.execute("SELECT * FROM activity_sql.check_rollups()").fetchall() == []
        rollups = self.rollups
        folded = [row for _, row in rollups.folded]
        kept = self.caller.execute(
            "SELECT quarters_since, trailing_from, trailing_to FROM activity_sql.watermark"
        ).fetchone()
        assert read_days(self.caller) == days_of(
            folded,
            rollups.basis.time_zone,
            kept["quarters_since"],
            list(zip(kept["trailing_from"] or (), kept["trailing_to"] or (), strict=True)),
        )
        assert read_hours(self.caller, rollups.hours_since) == hours_of(
            row for row in folded if hour_of(row.timestamp) >= rollups.hours_since
        )

    def ask(
        self,
        session: psycopg.Connection,
        window: Window,
        rollups: Rollups,
        table: dict[int, Activity],
        now: datetime,
    ) -> None:
        answer = call(
            session,
            "get_ip_activity_stats",
            p_days=window.days,
            p_min_count=window.min_count,
            p_limit=window.limit,
            p_as_of=window.as_of,
        )
        start = (window.as_of or now) - timedelta(days=window.days)
        rows = rollups.rows_in(table, start, window.as_of)
        expected = oracle.ip_activity_stats(rows, window.days, window.min_count, window.limit)
        assert answer == expected, f"{window} in {rollups} over {table}"

    @initialize(time_zone=st.sampled_from(ZONES))
    def start(self, time_zone: str) -> None:
        self.choose_time_zone(time_zone)

    # Directus writes

    @step(rows=ROWS, refreshes=st.booleans())
    def insert_rows(self, rows: list[tuple[Activity, int]], refreshes: bool) -> None:
        insert(self.caller, rows)
        if refreshes:
            self.refresh_once(500_000)

    @step(row=ROW, refreshes=st.booleans())
    def insert_into_many_collections(self, row: Activity, refreshes: bool) -> None:
        insert(self.caller, [(replace(row, collection=name), 1) for name in MANY_COLLECTIONS])
        if refreshes:
            self.refresh_once(500_000)

    @step(rows=ROWS)
    def insert_and_roll_back(self, rows: list[tuple[Activity, int]]) -> None:
        with self.caller.transaction(force_rollback=True):
            insert(self.caller, rows)

    @step(writer=st.sampled_from(["one", "other"]), rows=ROWS)
    def insert_uncommitted(self, writer: str, rows: list[tuple[Activity, int]]) -> None:
        insert(self.sessions.writers[writer], rows)
        self.open.setdefault(writer, f"{writer} at step {self.steps}")

    @precondition(lambda self: self.open)
    @step(last=st.booleans(), commits=st.booleans())
    def end_writer(self, last: bool, commits: bool) -> None:
        writer = sorted(self.open)[-1 if last else 0]
        session = self.sessions.writers[writer]
        session.commit() if commits else session.rollback()
        del self.open[writer]

    @step(row=ROW, below=st.booleans(), number=st.integers(1, 20))
    def insert_with_id(self, row: Activity, below: bool, number: int) -> None:
        """Below the watermark nothing counts it until reconcile; far above it is in the tail."""
        number = -number if below else 1_000_000 + number
        self.caller.execute(
            f"""
            INSERT INTO {TABLE} (id, "timestamp", action, "user", ip, collection, item)
            VALUES (%s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT DO NOTHING
            """,
            [number, row.timestamp, row.action, row.user, row.ip, row.collection, row.item],
        )

    @step(picks=PICKS)
    def delete_rows(self, picks: list[int]) -> None:
        self.caller.execute(f"DELETE FROM {TABLE} WHERE id = ANY (%s)", [self.picked(picks)])

    @step(
        picks=PICKS,
        changes=st.fixed_dictionaries({}, optional=COLUMNS).filter(bool),
    )
    def edit_rows(self, picks: list[int], changes: dict[str, Any]) -> None:
        assignments = ", ".join(f'"{name}" = %({name})s' for name in changes)
        self.caller.execute(
            f"UPDATE {TABLE} SET {assignments} WHERE id = ANY (%(ids)s)",
            {"ids": self.picked(picks), **changes},
        )

    @step(before=MOMENT, of_run=st.booleans())
    def prune(self, before: datetime, of_run: bool) -> None:
        """The two retentions of Directus."""
        self.caller.execute(
            f"""DELETE FROM {TABLE} WHERE "timestamp" < %s AND (action = 'run') = %s""",
            [before, of_run],
        )

    def picked(self, picks: list[int]) -> list[int]:
        numbers = sorted(self.table())
        return [numbers[pick % len(numbers)] for pick in picks] if numbers else []

    # We fold

    def writers(self) -> frozenset[str]:
        return frozenset(self.open.values())

    @step(most=st.sampled_from([500_000, 500_000, 1, 3]))
    def refresh(self, most: int) -> None:
        self.refresh_once(most)

    def refresh_once(self, most: int) -> bool:
        folded = self.rollups.refresh(self.table(), self.last_drawn(), self.writers(), most)
        (done,) = call(self.caller, "refresh_activity_rollups", p_max_rows=most)
        assert done["folded_rows"] == folded
        assert done["settled_id"] == self.rollups.settled_id
        return bool(done["more"])

    @step(rows=ROWS, commits=st.booleans())
    def refresh_in_the_transaction_that_wrote(
        self, rows: list[tuple[Activity, int]], commits: bool
    ) -> None:
        before = copy(self.rollups)
        with self.caller.transaction(force_rollback=not commits):
            insert(self.caller, rows)
            self.refresh_once(500_000)
        if not commits:
            self.rollups = before

    @step(most=st.sampled_from([500_000, 20]))
    def backfill(self, most: int) -> None:
        # Once more than there are chunks: the last call finds nothing left.
        writers, more = self.writers(), True
        while more:
            table, before = self.table(), self.rollups.settled_id
            self.rollups.refresh(table, self.last_drawn(), writers, most)
            more = self.rollups.candidate_writers == frozenset()
            assert not more or self.rollups.settled_id != before
        self.caller.execute("CALL activity_sql.backfill(%s)", [most])

    @step(span=RANGE)
    def reconcile(self, span: tuple[datetime | None, datetime | None]) -> None:
        expected = self.rollups.reconcile(self.table(), *span)
        done = self.caller.execute(
            "SELECT * FROM activity_sql.reconcile_rollups(%s, %s)", span
        ).fetchall()
        assert [tuple(row.values()) for row in done] == expected

    @step(span=RANGE | st.just((None, None)))
    def rebuild(self, span: tuple[datetime | None, datetime | None]) -> None:
        self.rebuild_span(*span)

    def rebuild_span(self, start: datetime | None, end: datetime | None) -> None:
        query = "SELECT activity_sql.rebuild_rollups(%s, %s) AS counted"
        try:
            expected = self.rollups.rebuild(self.table(), self.last_drawn(), start, end)
        except HoursDroppedError:
            with pytest.raises(psycopg.errors.InvalidParameterValue):
                self.caller.execute(query, [start, end])
            return
        done = self.caller.execute(query, [start, end]).fetchone()
        assert done == {"counted": expected}

    @step(
        days=st.sampled_from([2, 400, *((TODAY - anchor).days for anchor in ANCHORS[:8])]),
        vacuums=st.booleans(),
    )
    def drop_old_hours(self, days: int, vacuums: bool) -> None:
        """Once VACUUM has emptied them, partitions go too."""
        self.configure(hours_kept_days=days)
        self.rollups.configure(hours_kept_days=days)
        now = self.caller.execute("SELECT pg_catalog.now() AS now").fetchone()["now"]
        self.caller.execute("SELECT activity_sql.drop_old_hours()")
        if vacuums:
            self.caller.execute("VACUUM activity_sql.activity_hour")
            self.caller.execute("SELECT activity_sql.drop_old_hours()")
        self.rollups.drop_old_hours(now)

    @step()
    def forget_moments(self) -> None:
        self.caller.execute(
            "UPDATE activity_sql.activity_hour SET middle_cell = NULL, middle_seen = NULL"
        )
        self.rollups.forget_moments()

    @step(days=st.sampled_from([2, 100, *((TODAY - anchor).days for anchor in ANCHORS[1:8])]))
    def keep_quarters(self, days: int) -> None:
        self.configure(quarters_kept_days=days)
        self.caller.execute("SELECT activity_sql.keep_quarters()")

    @step(
        days=st.sampled_from([[], [3], [7, 30], [3, 5, 14]]),
        near=ANCHOR,
        later=st.integers(-2, 31),
    )
    def keep_trailing(self, days: list[int], near: datetime, later: int) -> None:
        self.configure(trailing_days=days)
        last = near.date() + timedelta(days=later)
        self.caller.execute("SELECT activity_sql.keep_trailing(%s)", [last])
        kept = self.caller.execute("SELECT * FROM activity_sql.watermark").fetchone()
        ready = set(zip(kept["trailing_from"], kept["trailing_to"], strict=True))
        assert {(last - timedelta(days=n - 2), last) for n in days} <= ready
        assert len(ready) <= 2 * len(days)

    # Who reads the archive keeps it as it is.
    @precondition(lambda self: not self.open and not self.pinned)
    @step(days=st.sampled_from([2, 400, *((TODAY - anchor).days for anchor in ANCHORS[:8])]))
    def drop_old_archive(self, days: int) -> None:
        self.configure(archive_kept_days=days)
        now = self.caller.execute("SELECT pg_catalog.now() AS now").fetchone()["now"]
        self.caller.execute("SELECT activity_sql.drop_old_archive()")
        self.rollups.drop_old_archive(now, days)

    @precondition(lambda self: not self.open and not self.pinned)
    @step(rows=st.just([]) | ROWS, forgets=st.booleans())
    def empty_with_the_ids(self, rows: list[tuple[Activity, int]], forgets: bool) -> None:
        """TRUNCATE ... RESTART IDENTITY, and what mends it."""
        self.caller.execute(f"TRUNCATE {TABLE} RESTART IDENTITY CASCADE", ())
        insert(self.caller, rows)
        if self.rollups.ids_began_again(self.last_drawn()):
            with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
                call(self.caller, "refresh_activity_rollups")
        if forgets:
            self.rebuild_span(None, None)
        else:
            self.restart_ids()

    def restart_ids(self) -> None:
        mark = self.caller.execute("SELECT folded_at FROM activity_sql.watermark").fetchone()
        try:
            self.rollups.restart_ids(self.table(), mark["folded_at"] or PAST)
        except RowsStillThereError:
            with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
                self.caller.execute("SELECT activity_sql.restart_ids()")
            self.rebuild_span(None, None)
        else:
            self.caller.execute("SELECT activity_sql.restart_ids()")

    # Settings

    def configure(self, **wanted: Any) -> None:
        named = ", ".join(f"p_{name} => %({name})s" for name in wanted)
        self.caller.execute(f"SELECT activity_sql.configure({named})", wanted)

    @step(archive=st.booleans())
    def set_archive(self, archive: bool) -> None:
        wanted = {"archive": True, "deleted_rows": "keep"} if archive else {"archive": False}
        self.configure(**wanted)
        self.rollups.configure(**wanted)

    @step(mirror=st.booleans())
    def set_deleted_rows(self, mirror: bool) -> None:
        wanted = (
            {"deleted_rows": "mirror", "archive": False} if mirror else {"deleted_rows": "keep"}
        )
        self.configure(**wanted)
        self.rollups.configure(**wanted)

    @step(
        actions=st.sets(st.sampled_from(ACTIONS), max_size=2),
        users=st.sets(st.sampled_from(USERS[1:]), max_size=1),
        rebuilds=st.booleans(),
    )
    def set_exclusions(self, actions: set[str], users: set[UUID], rebuilds: bool) -> None:
        self.configure(excluded_actions=sorted(actions), excluded_users=sorted(users))
        basis = Basis(self.rollups.wanted.time_zone, frozenset(actions), frozenset(users))
        self.rollups.configure(wanted=basis)
        if rebuilds:
            self.rebuild_span(None, None)

    @step(time_zone=st.sampled_from(ZONES), rebuilds=st.booleans())
    def set_time_zone(self, time_zone: str, rebuilds: bool) -> None:
        self.choose_time_zone(time_zone)
        if rebuilds:
            self.rebuild_span(None, None)

    def choose_time_zone(self, time_zone: str) -> None:
        # Not by configure: it would look at every hour of 28 years each time.
        self.caller.execute("UPDATE activity_sql.setting SET time_zone = %s", [time_zone])
        self.caller.execute("SELECT activity_sql.configure()")
        self.rollups.configure(wanted=replace(self.rollups.wanted, time_zone=time_zone))

    # Others read

    @precondition(lambda self: not self.pinned)
    @step()
    def reader_takes_a_snapshot(self) -> None:
        row = self.sessions.reader.execute("SELECT pg_catalog.now() AS now").fetchone()
        self.pinned = row["now"], self.table(), copy(self.rollups)

    @precondition(lambda self: self.pinned)
    @step(windows_then=WINDOWS, ends=st.booleans())
    def reader_asks(self, windows_then: list[Window], ends: bool) -> None:
        """All is answered as of its one snapshot."""
        now, table, rollups = self.pinned
        for window in windows_then:
            self.ask(self.sessions.reader, window, rollups, table, now)
        if ends:
            self.sessions.reader.rollback()
            self.pinned = None


NUMBERED = ["address", "account", "collection", "action"]
OURS = [
    "activity_hour",
    "activity_archive",
    "address_rollup",
    "account_rollup",
    "login_rollup",
    "collection_action_rollup",
    "day_total",
    "setting",
    "watermark",
    *NUMBERED,
]
STEPS = sorted(name for name, member in vars(RollupMachine).items() if hasattr(member, "is_step"))


def reset(session: psycopg.Connection) -> None:
    """Everything as after a deploy on an empty table, but for the months' partitions."""
    for table in (
        TABLE,
        *(f"activity_sql.{name}" for name in OURS),
    ):
        session.execute(f"DELETE FROM {table}", ())
    for table in NUMBERED:
        session.execute(f"SELECT pg_catalog.setval('activity_sql.{table}_id_seq', 1, false)")
    session.execute("SELECT pg_catalog.setval(%s::regclass, 1, false)", [SEQUENCE])
    session.execute("INSERT INTO activity_sql.setting DEFAULT VALUES")
    session.execute("INSERT INTO activity_sql.watermark DEFAULT VALUES")
    session.execute(f"VACUUM {TABLE}, {', '.join(f'activity_sql.{name}' for name in OURS)}", ())


@pytest.fixture
def sessions(database: Settings) -> Iterator[Sessions]:
    """Sessions on a deployed database whose Directus lives in a schema of an awkward name."""
    there = replace(database, directus_schema=ODD_SCHEMA)
    with connect(there) as connection:
        connection.execute(f"CREATE SCHEMA {QUOTED_ODD_SCHEMA}")
        connection.execute(f"SET search_path = {QUOTED_ODD_SCHEMA}")
        connection.execute(ACTIVITY_TABLES.read_bytes())
        deploy(connection, load_release(there), there)
        connection.execute((SUPPORT / "hostile_schema.sql").read_bytes())

    with ExitStack() as stack:

        def session(autocommit: bool) -> psycopg.Connection:
            opened = psycopg.connect(database.conninfo, autocommit=autocommit, row_factory=dict_row)
            allow_infinity(opened)
            # What a step would wait for, it would wait for ever.
            for setting in (
                f"search_path = hostile, {QUOTED_ODD_SCHEMA}, pg_catalog",
                "lock_timeout = '10s'",
                "statement_timeout = '60s'",
                "TimeZone = 'Asia/Kathmandu'",
            ):
                opened.execute(f"SET SESSION {setting}")
            opened.commit()
            return stack.enter_context(opened)

        caller = session(autocommit=True)
        reader = session(autocommit=False)
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        writers = {name: session(autocommit=False) for name in ("one", "other")}
        yield Sessions(caller, writers, reader)


def test_answers_are_those_of_the_oracle(
    sessions: Sessions, record_property: Callable[[str, object], None]
) -> None:
    runs: Counter[str] = Counter(dict.fromkeys(STEPS, 0))
    try:
        run_state_machine_as_test(
            lambda: RollupMachine(sessions, runs),
            settings=settings(
                PROFILES[PROFILE],
                deadline=None,
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        record_property("steps", dict(sorted(runs.items())))
    # A handful of examples may miss a step; the run on the lowest PostgreSQL may not.
    assert all(runs.values()) or EXAMPLES < 200, "some steps never ran"
