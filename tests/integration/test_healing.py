"""What outlasts deleted rows, and what heals whatever happens behind the watermark.

Each answer is compared with a plain scan of the rows that the test knows.
"""

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import dict_row

from activity_sql.cluster import Cluster, Installation
from activity_sql.settings import Settings
from tests.faults.deploys import make_directus, on, private_cluster, run, until
from tests.oracle import Activity
from tests.rollup_oracle import FUTURE, HOUR, PAST, hour_of
from tests.support.directus import ROLE
from tests.support.history import (
    FIRST,
    USERS,
    Row,
    Session,
    add,
    answer,
    answers,
    edit,
    history,
    on_hours,
    one,
    open_session,
    refresh,
    remove,
    scan,
    scan_between,
    scans,
    total,
)

# For what an ordinary cluster forbids.
REPLICATING = {
    "fsync": "off",
    "shared_buffers": "32MB",
    "max_prepared_transactions": "5",
    "wal_level": "logical",
}
SEQUENCE = "directus_activity_id_seq"
DAY = timedelta(days=1)


@contextmanager
def made(cluster: Cluster, name: str, template: str) -> Iterator[Settings]:
    """A database of Directus's role, while it is needed."""
    yield make_directus(cluster, name, f"TEMPLATE {template}")
    drop(cluster, name)


def drop(cluster: Cluster, name: str) -> None:
    with psycopg.connect(cluster.conninfo(), autocommit=True) as superuser:
        superuser.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def without_ours(_template: str) -> str:
    """The name of a Directus's database, to be copied."""
    return _template


@pytest.fixture(scope="module")
def original(cluster: Cluster, without_ours: str) -> Iterator[str]:
    """The name of a deployed one."""
    with made(cluster, "original", without_ours) as settings:
        run(settings)
        yield "original"


@pytest.fixture
def database(cluster: Cluster, original: str) -> Iterator[Settings]:
    """A deployed database."""
    with made(cluster, "copied_original", original) as settings:
        yield settings


@pytest.fixture
def session(database: Settings) -> Iterator[Session]:
    """Directus's role on it."""
    with open_session(database) as opened:
        yield opened


@pytest.fixture(scope="module")
def replicating(installation: Installation) -> Iterator[Cluster]:
    """A cluster that allows prepared transactions and logical replication."""
    with private_cluster(installation, REPLICATING) as cluster:
        yield cluster


@pytest.fixture
def spare(cluster: Cluster) -> Iterator[str]:
    """The name of a database that a test may make on `cluster`."""
    yield "spare"
    drop(cluster, "spare")


def fold(session: Session, rows: list[Activity]) -> list[Activity]:
    add(session, rows)
    assert refresh(session) == len(rows)
    return rows


def configure(session: Session, **wanted: Any) -> str:
    named = ", ".join(f"p_{name} => %({name})s" for name in wanted)
    row = session.execute(f"SELECT activity_sql.configure({named}) AS said", wanted).fetchone()
    assert row is not None
    return str(row["said"])


def differences(session: Session) -> list[Row]:
    return session.execute("SELECT * FROM activity_sql.compare_rollups()").fetchall()


def verdicts(session: Session) -> set[str]:
    return {row["verdict"] for row in differences(session)}


def reconcile(session: Session) -> Counter[str]:
    """How many hours were refolded, and kept."""
    rows = session.execute("SELECT * FROM activity_sql.reconcile_rollups()").fetchall()
    return Counter(row["done"] for row in rows)


def rebuild(session: Session, start: datetime | None = None, end: datetime | None = None) -> int:
    query = "SELECT activity_sql.rebuild_rollups(%s, %s) AS counted"
    return int(one(session, query, start, end)["counted"])


def problems(session: Session) -> list[Row]:
    return session.execute("SELECT * FROM activity_sql.check_rollups()").fetchall()


def status(session: Session) -> Row:
    return one(session, "SELECT * FROM activity_sql.rollup_status()")


def coverage(session: Session) -> dict[str, tuple[datetime | None, datetime | None]]:
    """By grain: exact since, rounded before."""
    rows = session.execute("SELECT * FROM activity_rollup_coverage()").fetchall()
    return {row["grain"]: (row["exact_since"], row["rounded_before"]) for row in rows}


def forget_moments(session: Session) -> None:
    """As in hours that 0.1.0 folded."""
    session.execute("UPDATE activity_sql.activity_hour SET middle_cell = NULL, middle_seen = NULL")


def set_sequence(session: Session, last: int) -> None:
    session.execute(f"SELECT setval('{SEQUENCE}', {last})")


def assert_healed(session: Session, rows: list[Activity]) -> None:
    """Answers are of these rows, and the rollups are what they were made from."""
    assert answers(session) == scans(rows)
    assert differences(session) == []
    assert problems(session) == []
    assert status(session)["broken"] is None


def refused(session: Session) -> str:
    """The hint of a refresh that is refused, as rollup_status says as well."""
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState) as raised:
        refresh(session)
    assert raised.value.diag.sqlstate == "55000"
    assert status(session)["broken"]
    hint = raised.value.diag.message_hint
    assert hint
    return hint


def statement_in(hint: str, start: str) -> str:
    """The statement of a hint that begins so."""
    found = re.search(rf"{re.escape(start)}[^;]*?\)(?=[.; ]|$)", hint)
    assert found, hint
    return found[0]


# Ids set by hand


def test_ids_by_hand_above_the_watermark_count_once(session: Session) -> None:
    rows = history(60)
    fold(session, rows[:50])
    add(session, rows[50:], ids=range(1001, 1011))
    for _ in range(2):
        assert answers(session) == scans(rows)
        assert refresh(session) == 0
        assert status(session)["tail_rows"] == 10

    set_sequence(session, 1010)
    assert refresh(session) == 10
    assert refresh(session) == 0
    assert_healed(session, rows)


def test_ids_by_hand_below_the_watermark_count_after_reconcile(session: Session) -> None:
    rows = history(100)
    fold(session, rows[:40])
    set_sequence(session, 500)
    fold(session, rows[40:80])
    add(session, rows[80:], ids=[*range(-9, 1), *range(101, 111)])
    assert refresh(session) == 0
    assert on_hours(answers(session)) == on_hours(scans(rows[:80]))
    found = differences(session)
    assert {row["verdict"] for row in found} == {"changed"}
    assert sum(row["base_rows"] - row["folded_rows"] for row in found) == 20
    assert reconcile(session) == {"refolded": len(found)}
    assert_healed(session, rows)


# Rows that were edited or deleted


@pytest.mark.parametrize("deleted_rows", ["keep", "mirror"])
def test_edits_count_after_reconcile(session: Session, deleted_rows: str) -> None:
    configure(session, deleted_rows=deleted_rows)
    rows = fold(session, history())
    for changes in (
        {"action": "upload"},
        {"ip": "203.0.113.1"},
        {"ip": None},
        {"user": UUID(int=9)},
        {"user": None},
        {"collection": "directus_comments"},
        {"timestamp": FIRST + timedelta(minutes=37 * 41, seconds=7)},  # within its hour
    ):
        items = [41] if "timestamp" in changes else [8, 9, 11, 41, 77]
        edited = edit(session, rows, items, **changes)
        assert edited != rows
        assert on_hours(answers(session)) == on_hours(scans(rows))
        assert verdicts(session) == {"changed"}
        assert reconcile(session).keys() == {"refolded"}
        assert_healed(session, edited)
        rows = edited


MOVES = {
    "to another hour": {"timestamp": FIRST + timedelta(hours=30)},
    "to another month": {"timestamp": FIRST + timedelta(days=100)},
    "out of run": {"action": "update"},
}


@pytest.mark.parametrize("changes", MOVES.values(), ids=MOVES.keys())
def test_under_mirror_a_row_that_moved_counts_where_it_is(
    session: Session, changes: dict[str, Any]
) -> None:
    configure(session, deleted_rows="mirror")
    rows = fold(session, history())
    edited = edit(session, rows, [42], **changes)
    assert reconcile(session) == {"refolded": 2}
    assert_healed(session, edited)


@pytest.mark.parametrize("changes", MOVES.values(), ids=MOVES.keys())
def test_under_keep_a_row_that_moved_counts_twice_until_a_rebuild(
    session: Session, changes: dict[str, Any]
) -> None:
    """Where it was, it cannot be told from one that retention deleted."""
    rows = fold(session, history())
    was = rows[42]
    assert was.action == "run"
    edited = edit(session, rows, [42], **changes)
    assert reconcile(session) == {"refolded": 1, "kept": 1}
    assert on_hours(answers(session)) == on_hours(scans([*edited, was]))
    assert [row["verdict"] for row in differences(session)] == ["pruned"]

    rebuild(session, was.timestamp, was.timestamp + HOUR)
    assert_healed(session, edited)


def some(row: Activity) -> bool:
    """Every third, and all of 30 January's afternoon."""
    noon = datetime(2026, 1, 30, 12, tzinfo=UTC)
    return int(row.item) % 3 == 0 or noon <= row.timestamp < noon + 12 * HOUR


def test_under_keep_deleted_rows_go_on_counting(session: Session) -> None:
    rows = fold(session, history())
    left = remove(session, rows, some)
    for _ in range(2):
        assert on_hours(answers(session)) == on_hours(scans(rows))
        found = differences(session)
        assert {row["verdict"] for row in found} == {"pruned"}
        assert sum(row["folded_rows"] - row["base_rows"] for row in found) == len(rows) - len(left)
        assert reconcile(session) == {"kept": len(found)}
        assert problems(session) == []

    # New rows in the same hours.
    more = history(60, first=FIRST + timedelta(minutes=3))
    fold(session, more)
    assert reconcile(session).keys() == {"kept"}
    assert on_hours(answers(session)) == on_hours(scans([*rows, *more]))
    assert problems(session) == []


def test_under_mirror_deleted_rows_count_until_reconcile(session: Session) -> None:
    configure(session, deleted_rows="mirror")
    rows = fold(session, history())
    left = remove(session, rows, some)
    assert on_hours(answers(session)) == on_hours(scans(rows))
    found = differences(session)
    assert reconcile(session) == {"refolded": len(found)}
    assert_healed(session, left)

    left = remove(session, left, lambda _: True)
    reconcile(session)
    assert_healed(session, [])


def busy_history() -> list[Activity]:
    """Fifteen hours in which some cells have many rows, and some have one."""
    return [
        replace(
            row,
            ip=f"10.0.1.{number % 250}" if number % 20 == 7 else "10.0.0.1",
            collection="articles",
            action="run" if number % 4 else "update",
        )
        for number, row in enumerate(history(600, minutes=1.5))
    ]


def minutes_of(rows: list[Activity]) -> list[datetime]:
    """Ends of windows of a day that begin or end every few minutes, on rows and between them."""
    return [
        moment
        for row in rows[::13]
        for moment in (row.timestamp, row.timestamp + DAY, row.timestamp + timedelta(seconds=7))
    ]


def test_an_edge_is_exact_when_its_rows_are_gone(session: Session) -> None:
    # Many rows of a cell within an hour: some are neither its first nor its last.
    rows = fold(session, busy_history())
    middles = one(
        session, "SELECT sum(cardinality(middle_seen)) AS count FROM activity_sql.activity_hour"
    )
    assert middles["count"] > 200
    remove(session, rows, lambda row: int(row.item) % 3 == 0 or row.action == "run")
    for edge in minutes_of(rows):
        assert answer(session, 1, edge) == scan(rows, 1, edge)
    assert reconcile(session).keys() == {"kept"}
    assert problems(session) == []


def test_moments_last_when_an_hour_is_folded_in_parts(session: Session) -> None:
    rows = busy_history()
    for part in range(3):
        fold(session, rows[part::3])
    remove(session, rows, lambda _: True)
    for edge in minutes_of(rows):
        assert answer(session, 1, edge) == scan(rows, 1, edge)


def test_the_part_of_an_hour_that_was_not_edited_keeps_its_moments(session: Session) -> None:
    rows = fold(session, busy_history())
    runs = [number for number, row in enumerate(rows) if row.action == "run"]
    assert len(runs) > 20
    edited = edit(session, rows, runs, ip="203.0.113.1")
    assert reconcile(session).keys() == {"refolded"}
    remove(session, edited, lambda _: True)
    for edge in minutes_of(rows):
        assert answer(session, 1, edge) == scan(edited, 1, edge)


def test_an_hour_without_moments_moves_its_edge_to_its_end(session: Session) -> None:
    rows = fold(session, history(360, minutes=12.5))
    forget_moments(session)
    middle = datetime(2026, 1, 31, 20, 30, tzinfo=UTC)
    edges = [middle - DAY, middle, middle + DAY]
    cut = {hour_of(edge) for edge in edges}
    firsts = {min(row.timestamp for row in rows if hour_of(row.timestamp) == hour) for hour in cut}
    assert [answer(session, 1, edge) for edge in edges[1:]] == [
        scan(rows, 1, edge) for edge in edges[1:]
    ]

    remove(session, rows, lambda row: row.timestamp in firsts)
    rounded = [hour + HOUR for hour in sorted(cut)]
    found = [answer(session, 1, edge) for edge in edges[1:]]
    assert found == [scan_between(rows, start, end, 1) for start, end in pairwise(rounded)]
    assert found != [scan(rows, 1, edge) for edge in edges[1:]]
    # Windows that adjoin count no row twice.
    assert sum(map(total, found)) == total(answer(session, 2, edges[2]))
    # Where the rows are there, nothing is moved.
    assert answer(session, 2, middle - 2 * HOUR) == scan(rows, 2, middle - 2 * HOUR)


def test_an_hour_without_moments_gets_them_where_it_can(session: Session) -> None:
    rows = fold(session, [*busy_history(), *history(30, first=FIRST + 20 * HOUR)])
    forget_moments(session)
    hours = {hour_of(row.timestamp) for row in rows}
    vague = "SELECT count(*) AS count FROM activity_sql.activity_hour WHERE middle_cell IS NULL"
    assert one(session, vague)["count"] == len(hours)
    # More rows come: of a cell of three and more nobody knows when its others were.
    fold(session, [replace(row, item=f"late {row.item}") for row in rows])
    assert one(session, vague)["count"] == 15
    assert problems(session) == []
    # Its rows still say when they were, and a rebuild keeps it.
    for edge in minutes_of(rows):
        assert answer(session, 1, edge) == scan([*rows, *rows], 1, edge)
    rebuild(session)
    assert one(session, vague)["count"] == 0


# The sequence and the table emptied


def test_a_sequence_set_back_while_the_rows_are_there(session: Session) -> None:
    rows = history(60)
    fold(session, rows[:50])
    set_sequence(session, 7)
    hint = refused(session)
    assert "up to id 50 were seen, and ids were drawn only up to 7" in status(session)["broken"]
    assert answers(session) == scans(rows[:50])

    session.execute(statement_in(hint, "SELECT setval("))
    fold(session, rows[50:])
    assert_healed(session, rows)


def test_a_sequence_set_back_below_the_candidate_is_refused(
    session: Session, database: Settings
) -> None:
    """Another writer's id could be taken for settled while its row is not there yet."""
    rows = history(12)
    fold(session, rows[:5])
    with open_session(database) as first, open_session(database) as second:
        first.execute("BEGIN")
        add(first, rows[5:10])
        assert refresh(session) == 0
        first.execute("ROLLBACK")
        set_sequence(session, 6)
        second.execute("BEGIN")
        assert add(second, rows[10:]) == [7, 8]
        hint = refused(session)
        second.execute("COMMIT")
    session.execute(statement_in(hint, "SELECT setval("))
    assert refresh(session) == 2
    assert_healed(session, [*rows[:5], *rows[10:]])


def test_a_truncate_without_restart_leaves_the_history(session: Session) -> None:
    rows = fold(session, history(80))
    session.execute("TRUNCATE directus_activity CASCADE")
    assert refresh(session) == 0
    assert on_hours(answers(session)) == on_hours(scans(rows))
    # In the history's hours as well.
    more = fold(session, history(40, first=FIRST + 40 * HOUR))
    assert on_hours(answers(session)) == on_hours(scans([*rows, *more]))
    assert reconcile(session).keys() == {"kept"}
    assert on_hours(answers(session)) == on_hours(scans([*rows, *more]))

    assert rebuild(session) == len(more)
    assert_healed(session, more)


def truncated(session: Session) -> str:
    """The hint of the refresh after the table was emptied and its ids began again."""
    session.execute("TRUNCATE directus_activity RESTART IDENTITY CASCADE")
    return refused(session)


@pytest.mark.parametrize("at_once", [True, False])
def test_a_truncate_that_restarts_the_ids_keeps_the_history(
    session: Session, at_once: bool
) -> None:
    rows = fold(session, history(80))
    hint = truncated(session)
    assert on_hours(answers(session)) == on_hours(scans(rows))
    # Rows that are there already must be younger than the last fold.
    later = history(20, first=datetime.now(UTC), minutes=0.01)
    if at_once:
        later = history(20, first=FIRST + 60 * HOUR)
    else:
        add(session, later[:15])
        assert hint == refused(session)
    session.execute(statement_in(hint, "SELECT activity_sql.restart_ids("))
    if at_once:
        add(session, later[:15])
    assert on_hours(answers(session)) == on_hours(scans([*rows, *later[:15]]))
    assert refresh(session) == 15
    add(session, later[15:])
    assert refresh(session) == 5
    assert on_hours(answers(session)) == on_hours(scans([*rows, *later]))
    assert reconcile(session).keys() == {"kept"}
    assert on_hours(answers(session)) == on_hours(scans([*rows, *later]))
    assert problems(session) == []
    assert status(session)["broken"] is None


def test_a_truncate_that_restarts_the_ids_can_be_counted_anew(session: Session) -> None:
    fold(session, history(80))
    hint = truncated(session)
    later = history(20, first=FIRST + 60 * HOUR)
    add(session, later[:15])
    session.execute(statement_in(hint, "SELECT activity_sql.rebuild_rollups("))
    assert answers(session) == scans(later[:15])
    add(session, later[15:])
    refresh(session)
    assert answers(session) == scans(later)
    assert_healed(session, later)


def test_ids_that_began_again_unnoticed_count_after_reconcile(session: Session) -> None:
    """Nothing was folded until the sequence had passed the watermark."""
    rows = fold(session, history(20))
    session.execute("TRUNCATE directus_activity RESTART IDENTITY CASCADE")
    later = history(50, first=FIRST + 24 * HOUR)
    add(session, later)
    assert refresh(session) == 30
    assert status(session)["broken"] is None
    assert verdicts(session) == {"pruned", "changed"}
    reconcile(session)
    assert on_hours(answers(session)) == on_hours(scans([*rows, *later]))


def test_ids_do_not_begin_again_where_folded_rows_are(session: Session) -> None:
    rows = fold(session, history(60))
    left = remove(session, rows, lambda row: int(row.item) < 50)
    before = one(session, "SELECT * FROM activity_sql.watermark")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState) as raised:
        session.execute("SELECT activity_sql.restart_ids()")
    assert f"a row of {left[0].timestamp:%Y-%m-%d %H:%M}" in str(raised.value)
    assert "Set the sequence" in (raised.value.diag.message_hint or "")
    assert one(session, "SELECT * FROM activity_sql.watermark") == before
    assert len(left) == 10
    assert on_hours(answers(session)) == on_hours(scans(rows))


def test_ids_do_not_begin_again_where_part_of_an_hour_is_left(session: Session) -> None:
    rows = fold(session, history(8, minutes=1))
    remove(session, rows, lambda row: int(row.item) >= 5)
    set_sequence(session, 5)
    hint = refused(session)
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        session.execute("SELECT activity_sql.restart_ids()")
    session.execute(statement_in(hint, "SELECT setval("))
    assert refresh(session) == 0
    assert on_hours(answers(session)) == on_hours(scans(rows))


# Directus's own upgrade


def test_comments_rewritten_by_the_upgrade_to_11_count_after_reconcile(session: Session) -> None:
    rows = [
        replace(row, action="comment") if int(row.item) % 7 == 0 and row.action != "run" else row
        for row in history()
    ]
    fold(session, rows)
    before = [total(each) for each in answers(session)]
    session.execute(
        "UPDATE directus_activity SET action = 'create', collection = 'directus_comments' "
        "WHERE action = 'comment'"
    )
    upgraded = [
        replace(row, action="create", collection="directus_comments")
        if row.action == "comment"
        else row
        for row in rows
    ]
    assert upgraded != rows
    assert reconcile(session).keys() == {"refolded"}
    assert_healed(session, upgraded)
    assert [total(each) for each in answers(session)] == before


# Restores and clones


def dump(cluster: Cluster, database: Settings, file: Path, *options: str) -> None:
    """With pg_dump, as the superuser."""
    run_program(cluster, "pg_dump", name_of(database), *options, "--file", str(file))


def restore(cluster: Cluster, name: str, file: Path) -> None:
    """With psql, as the superuser, all or nothing."""
    options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    run_program(cluster, "psql", name, *options, "--file", str(file))


def run_program(cluster: Cluster, program: str, database: str, *options: str) -> None:
    beside = cluster.installation.bin_dir / program
    found = str(beside) if beside.exists() else shutil.which(program)
    assert found, f"{program} is not installed"
    subprocess.run(
        [found, "--dbname", cluster.conninfo(database), *options],
        check=True,
        stdout=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"]},
    )


def name_of(settings: Settings) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(settings.conninfo)["dbname"])


def create(cluster: Cluster, name: str, template: str) -> None:
    with psycopg.connect(cluster.conninfo(), autocommit=True) as superuser:
        superuser.execute(f"CREATE DATABASE {name} OWNER {ROLE} TEMPLATE {template}")


def work_on(copy: Session, rows: list[Activity], more: list[Activity]) -> None:
    """The copy of a database answers as the original did, and folds on."""
    assert answers(copy) == scans(rows)
    add(copy, more)
    assert answers(copy) == scans([*rows, *more])
    refresh(copy)
    assert status(copy)["tail_rows"] == 0
    assert_healed(copy, [*rows, *more])


def test_a_dump_of_everything_is_restored(
    cluster: Cluster, database: Settings, session: Session, spare: str, tmp_path: Path
) -> None:
    rows = history()
    fold(session, rows[:70])
    with open_session(database) as writer:
        # The candidate goes into the dump; its writer does not.
        writer.execute("BEGIN")
        add(writer, history(3))
        add(session, rows[70:90])
        refresh(session)
        dump(cluster, database, tmp_path / "all.sql")
        writer.execute("COMMIT")
    create(cluster, spare, "template0")
    restore(cluster, spare, tmp_path / "all.sql")
    with open_session(on(cluster, spare)) as copy:
        work_on(copy, rows[:90], rows[90:])


def test_a_clone_works_on(
    cluster: Cluster, database: Settings, session: Session, spare: str
) -> None:
    rows = history()
    fold(session, rows[:70])
    add(session, rows[70:90])
    session.close()
    create(cluster, spare, name_of(database))
    with open_session(on(cluster, spare)) as copy, open_session(database) as original:
        work_on(copy, rows[:90], rows[90:])
        work_on(original, rows[:90], [])


def test_a_dump_of_the_table_alone_is_folded_anew(
    cluster: Cluster,
    database: Settings,
    session: Session,
    spare: str,
    without_ours: str,
    tmp_path: Path,
) -> None:
    rows = fold(session, history())
    dump(cluster, database, tmp_path / "rows.sql", "--data-only", "--table=directus_activity")
    create(cluster, spare, without_ours)
    restore(cluster, spare, tmp_path / "rows.sql")
    run(on(cluster, spare))
    with open_session(on(cluster, spare)) as copy:
        assert status(copy)["settled_id"] is None
        assert answers(copy) == scans(rows)
        assert refresh(copy) == len(rows)
        assert_healed(copy, rows)


@pytest.mark.parametrize("counts_anew", [False, True])
def test_an_older_table_restored_in_place_is_noticed(
    cluster: Cluster, database: Settings, session: Session, tmp_path: Path, counts_anew: bool
) -> None:
    rows = history()
    fold(session, rows[:70])
    # With its definition: the table and its sequence come back under other numbers.
    dump(cluster, database, tmp_path / "table.sql", "--table=directus_activity")
    fold(session, rows[70:90])
    session.execute("DROP TABLE directus_activity CASCADE")
    restore(cluster, name_of(database), tmp_path / "table.sql")

    hint = refused(session)
    assert "up to id 90 were seen, and ids were drawn only up to 70" in status(session)["broken"]
    session.execute(statement_in(hint, "SELECT setval("))
    assert refresh(session) == 0
    assert on_hours(answers(session)) == on_hours(scans(rows[:90]))
    counted = rows[:90]
    if counts_anew:
        assert rebuild(session) == 70
        counted = rows[:70]
        assert_healed(session, counted)
    fold(session, rows[90:])
    assert on_hours(answers(session)) == on_hours(scans([*counted, *rows[90:]]))
    assert problems(session) == []


# What the watermark's argument needs

BREAKS = {
    "partitioned": (
        "ALTER TABLE directus_activity RENAME TO whole; "
        "CREATE TABLE directus_activity (LIKE whole INCLUDING DEFAULTS) PARTITION BY RANGE (id)",
        "DROP TABLE directus_activity; ALTER TABLE whole RENAME TO directus_activity",
    ),
    "inherited": (
        "CREATE TABLE child () INHERITS (directus_activity)",
        "DROP TABLE child",
    ),
    "no default": (
        "ALTER TABLE directus_activity ALTER COLUMN id DROP DEFAULT",
        f"ALTER TABLE directus_activity ALTER COLUMN id SET DEFAULT nextval('{SEQUENCE}')",
    ),
    "a cache": (f"ALTER SEQUENCE {SEQUENCE} CACHE 10", None),
    "a cycle": (f"ALTER SEQUENCE {SEQUENCE} CYCLE", None),
    "downwards": (f"ALTER SEQUENCE {SEQUENCE} INCREMENT -1", None),
    "no right to read": (f"REVOKE SELECT ON SEQUENCE {SEQUENCE} FROM {ROLE}", None),
}


@pytest.mark.parametrize(("breaks", "mends"), BREAKS.values(), ids=BREAKS.keys())
def test_nothing_is_folded_where_rows_could_be_lost(
    session: Session, breaks: str, mends: str | None
) -> None:
    """`mends` where the hint is no statement."""
    rows = history()
    fold(session, rows[:70])
    add(session, rows[70:80])
    session.execute(breaks)
    hint = refused(session)
    assert hint in status(session)["broken"]
    # The rest is as ever.
    reported = session.execute("SELECT * FROM maintain_activity_table()").fetchall()
    failed = [row["task"] for row in reported if row["detail"].startswith("failed")]
    assert failed == ["refresh"]

    session.execute(mends or hint.partition(";")[0])
    assert refresh(session) == 10
    fold(session, rows[80:])
    assert_healed(session, rows)


def test_an_identity_column_is_followed(session: Session) -> None:
    rows = history(60)
    fold(session, rows[:30])
    session.execute(
        f"""
        ALTER TABLE directus_activity ALTER COLUMN id DROP DEFAULT;
        DROP SEQUENCE {SEQUENCE};
        ALTER TABLE directus_activity
            ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (START 31);
        """
    )
    fold(session, rows[30:])
    assert_healed(session, rows)


def test_a_prepared_transaction_is_named(replicating: Cluster) -> None:
    run(make_directus(replicating, "preparing"))
    settings = on(replicating, "preparing")
    rows = history(40)
    with open_session(settings) as session, open_session(settings) as writer:
        fold(session, rows[:20])
        writer.execute("BEGIN")
        add(writer, rows[20:25])
        writer.execute("PREPARE TRANSACTION 'forgotten one'")
        add(session, rows[25:])
        for _ in range(2):
            assert refresh(session) == 0
            held = status(session)
            assert held["held_by_prepared"] == "forgotten one"
            assert held["held_by_pid"] is None
            assert held["held_for"] > timedelta()
            assert held["tail_rows"] == 15
            assert answers(session) == scans([*rows[:20], *rows[25:]])
        session.execute("COMMIT PREPARED 'forgotten one'")
        assert answers(session) == scans(rows)
        assert refresh(session) == 20
        assert status(session)["held_by_prepared"] is None
        assert_healed(session, rows)


def test_a_session_that_holds_the_fold_back_is_named(session: Session, database: Settings) -> None:
    rows = history(40)
    with open_session(database) as writer:
        writer.execute("BEGIN")
        add(writer, rows[:5])
        add(session, rows[5:])
        assert refresh(session) == 0
        held = status(session)
        assert held["held_by_pid"] == writer.info.backend_pid
        assert held["held_by_prepared"] is None
        assert held["held_for"] > timedelta()
        writer.execute("COMMIT")
    assert refresh(session) == 40
    assert status(session)["held_by_pid"] is None
    assert_healed(session, rows)


@contextmanager
def subscription(cluster: Cluster, publisher: str, subscriber: str) -> Iterator[Session]:
    """The superuser on `subscriber`, which receives the activity of `publisher`."""

    def superuser(name: str) -> Session:
        return psycopg.connect(cluster.conninfo(name), autocommit=True, row_factory=dict_row)

    with superuser(publisher) as there, superuser(subscriber) as here:
        there.execute("CREATE PUBLICATION activity FOR TABLE directus_activity")
        # In one cluster, CREATE SUBSCRIPTION would wait for itself to make the slot.
        there.execute("SELECT pg_create_logical_replication_slot('activity', 'pgoutput')")
        here.execute(
            f"CREATE SUBSCRIPTION activity CONNECTION '{cluster.url(publisher)}' "
            "PUBLICATION activity WITH (create_slot = false, copy_data = false)"
        )
        try:
            yield here
        finally:
            here.execute("DROP SUBSCRIPTION IF EXISTS activity")
            there.execute("DROP PUBLICATION activity")


def test_a_subscriber_is_refused(replicating: Cluster) -> None:
    for name in ("publisher", "subscriber"):
        run(make_directus(replicating, name))
    rows = history(40)
    with (
        open_session(on(replicating, "publisher")) as there,
        open_session(on(replicating, "subscriber")) as here,
        subscription(replicating, "publisher", "subscriber") as superuser,
    ):
        fold(there, rows[:30])
        until(lambda: answers(here) == scans(rows[:30]), seconds=20)
        hint = refused(here)
        assert "subscription" in status(here)["broken"]
        assert "drop the subscription and advance the sequence" in hint
        assert_healed(there, rows[:30])

        superuser.execute("DROP SUBSCRIPTION activity")
        last = one(here, "SELECT max(id) AS id FROM directus_activity")["id"]
        set_sequence(here, last)
        assert refresh(here) == 30
        fold(here, rows[30:])
        assert_healed(here, rows)


# Counting again


def test_a_rebuild_of_a_range_lowers_only_that(session: Session) -> None:
    rows = fold(session, history(360, minutes=12.5))
    third = {hour_of(row.timestamp) for row in rows[::40]}
    left = remove(
        session, rows, lambda row: hour_of(row.timestamp) in third and int(row.item) % 2 == 0
    )
    start = datetime(2026, 1, 30, 12, 34, tzinfo=UTC)
    end = datetime(2026, 2, 1, 0, 1, tzinfo=UTC)

    def within(row: Activity) -> bool:
        return hour_of(start) <= row.timestamp < hour_of(end) + HOUR

    now_there = [row for row in left if within(row)]
    expected = [row for row in rows if not within(row)] + now_there
    assert len(left) < len(expected) < len(rows)
    assert rebuild(session, start, end) == len(now_there)
    assert on_hours(answers(session)) == on_hours(scans(expected))
    assert problems(session) == []

    assert rebuild(session, end, start) == 0
    assert on_hours(answers(session)) == on_hours(scans(expected))

    # Open on one side.
    before = [row for row in left if row.timestamp < hour_of(start) + HOUR]
    assert rebuild(session, None, start) == len(before)
    after = [row for row in left if row.timestamp >= hour_of(end)]
    assert rebuild(session, end, None) == len(after)
    assert_healed(session, left)


def test_other_exclusions_count_after_a_rebuild(session: Session) -> None:
    rows = fold(session, history())
    wanted = {"excluded_actions": ["run"], "excluded_users": [USERS[1]]}
    assert "rebuild_rollups" in configure(session, **wanted)
    assert status(session)["rebuild_needed"]
    more = history(10, first=FIRST + timedelta(days=3, minutes=5))
    fold(session, more)
    rebuild(session, FIRST, FIRST + HOUR)
    assert answers(session) == scans([*rows, *more])

    def counts(row: Activity) -> bool:
        return row.action != "run" and row.user != USERS[1]

    left = [row for row in [*rows, *more] if counts(row)]
    assert rebuild(session) == len(left)
    assert not status(session)["rebuild_needed"]
    assert_healed(session, left)
    later = history(40, first=FIRST + timedelta(days=4))
    add(session, later)
    left += filter(counts, later)
    assert answers(session) == scans(left)
    assert refresh(session) == sum(map(counts, later))
    assert_healed(session, left)

    configure(session, excluded_actions=[], excluded_users=[])
    everything = [*rows, *more, *later]
    assert rebuild(session) == len(everything)
    assert_healed(session, everything)


def buckets(session: Session, grain: str) -> dict[date, int]:
    rows = session.execute(
        "SELECT bucket, sum(actions) AS actions FROM activity_sql.collection_action_rollup "
        "WHERE grain = %s GROUP BY bucket",
        [grain],
    )
    return {row["bucket"]: row["actions"] for row in rows}


def test_another_time_zone_is_taken_at_a_rebuild(session: Session) -> None:
    rows = fold(session, history())
    assert "rebuild_rollups" in configure(session, time_zone="Europe/Berlin")
    assert status(session)["time_zone"] == "UTC"

    def expected(zone: str) -> tuple[Counter[date], Counter[date]]:
        days = [row.timestamp.astimezone(ZoneInfo(zone)).date() for row in rows]
        return Counter(days), Counter(day.replace(day=1) for day in days)

    assert (buckets(session, "d"), buckets(session, "m")) == expected("UTC")
    assert rebuild(session) == len(rows)
    assert (buckets(session, "d"), buckets(session, "m")) == expected("Europe/Berlin")
    assert expected("Europe/Berlin") != expected("UTC")
    assert status(session)["time_zone"] == "Europe/Berlin"
    assert_healed(session, rows)
    # On a day's and a month's start in Berlin.
    for window in (
        (1, datetime(2026, 1, 30, 23, tzinfo=UTC)),
        (2, datetime(2026, 1, 31, 23, tzinfo=UTC)),
    ):
        assert answer(session, *window) == scan(rows, *window)
    more = fold(session, history(40, first=FIRST + timedelta(days=3, minutes=5)))
    assert_healed(session, [*rows, *more])


def test_in_effect_at_once_where_nothing_is_folded(session: Session) -> None:
    said = configure(session, time_zone="Europe/Berlin", excluded_actions=["run"])
    assert said == "in effect"
    rows = [row for row in history() if row.action != "run"]
    add(session, history())
    assert refresh(session) == len(rows)
    assert_healed(session, rows)


# Hours that are no longer kept


def recent(count: int) -> list[Activity]:
    """Rows of the last two hours."""
    last = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    return history(count, first=last - 2 * HOUR, minutes=115 / count, name="recent ")


def drop_hours(session: Session) -> tuple[int, datetime]:
    """How many went, and since when they are kept."""
    configure(session, hours_kept_days=2)
    dropped = one(session, "SELECT activity_sql.drop_old_hours() AS count")["count"]
    since = one(session, "SELECT hours_since FROM activity_sql.watermark")["hours_since"]
    return dropped, since


def test_without_hours_edges_are_read_from_rows_or_rounded_to_days(session: Session) -> None:
    rows = fold(session, [*history(), *recent(30)])
    old = {hour_of(row.timestamp) for row in rows[:120]}
    dropped, since = drop_hours(session)
    assert dropped == len(old)
    month = (datetime.now(UTC) - timedelta(days=2)).replace(day=1)
    assert since == month.replace(hour=0, minute=0, second=0, microsecond=0)
    assert drop_hours(session) == (0, since)
    assert_healed(session, rows)

    # 30 January lacks a row: what cuts it moves to its end. 31 January does not.
    remove(session, rows, lambda row: row.item == "20")
    assert rows[20].timestamp.date() == date(2026, 1, 30)
    last, first = datetime(2026, 1, 31, 9, 30, tzinfo=UTC), datetime(2026, 1, 31, tzinfo=UTC)
    assert answer(session, 1, last) == scan_between(rows, first, last, 1)
    assert answer(session, 1, last) != scan(rows, 1, last)
    evening = datetime(2026, 1, 30, 20, tzinfo=UTC)
    assert answer(session, 1, evening) == scan_between(rows, FIRST - 5 * HOUR, first, 1)
    for window in ((2, last + DAY), (1, first), (400, None), (1, None)):
        if window[0] != 2:
            assert answer(session, *window) == scan(rows, *window)
    assert answer(session, 2, last + DAY) == scan_between(rows, first, last + DAY, 2)
    assert problems(session) == []

    with pytest.raises(psycopg.errors.InvalidParameterValue) as raised:
        rebuild(session, since - HOUR, None)
    assert "hours are kept since" in str(raised.value)
    assert "rebuild_rollups()" in (raised.value.diag.message_hint or "")
    assert rebuild(session, since, None) == 30
    assert rebuild(session) == 149
    assert_healed(session, [row for row in rows if row is not rows[20]])


def test_a_month_without_hours_is_dropped_once_vacuumed(session: Session) -> None:
    fold(session, [*history(), *recent(30)])
    months = ["activity_sql.activity_hour_2026_01", "activity_sql.activity_hour_2026_02"]

    def there() -> list[bool]:
        return [
            one(session, "SELECT to_regclass(%s) IS NOT NULL AS found", month)["found"]
            for month in months
        ]

    drop_hours(session)
    assert there() == [True, True]
    for month in months:
        session.execute(f"VACUUM {month}")
    drop_hours(session)
    assert there() == [False, False]
    # It comes back when something is folded into it.
    fold(session, history(30))
    assert there() == [True, False]


def test_coverage_in_every_state(session: Session) -> None:
    def at(day: int, hour: int = 0) -> datetime:
        return datetime(2026, 1, 1, hour, tzinfo=UTC) + (day - 1) * DAY

    nothing = (None, None)
    assert coverage(session) == dict.fromkeys(["row", "hour", "day", "month"], nothing)
    rows = history(300, minutes=17)
    add(session, rows)
    row = session.execute("SELECT * FROM activity_rollup_coverage()").fetchone()
    assert row is not None
    assert (row["lag_rows"], row["settled_id"]) == (300, None)

    refresh(session)
    first = hour_of(FIRST)
    assert coverage(session) == dict.fromkeys(["row", "hour", "day", "month"], (first, None))
    row = session.execute("SELECT * FROM activity_rollup_coverage()").fetchone()
    assert row is not None
    assert (row["lag_rows"], row["settled_id"]) == (0, 300)

    # The rows up to 30 January, 12:20 go: that hour is the last one that lacks any.
    gone = at(30, 12) + timedelta(minutes=20)
    remove(session, rows, lambda row: row.timestamp < gone)
    assert coverage(session) == dict.fromkeys(["row", "hour", "day", "month"], (first, None))
    for minutes in range(0, 40 * 60, 25):
        edge = first + timedelta(minutes=minutes)
        assert answer(session, 30, edge) == scan(rows, 30, edge)

    forget_moments(session)
    pruned = {"row": (at(30, 13), at(30, 13)), "hour": (first, None)}
    assert coverage(session).items() >= pruned.items()
    exact, rounded = 0, 0
    for minutes in range(0, 40 * 60, 25):
        edge = first + timedelta(minutes=minutes)
        is_exact = answer(session, 30, edge) == scan(rows, 30, edge)
        assert is_exact or edge < at(30, 13)
        exact, rounded = exact + is_exact, rounded + (not is_exact)
    assert exact > 40
    assert rounded > 10

    _, since = drop_hours(session)
    dropped = {
        "row": (at(31), at(31)),
        "hour": (since, since),
        "day": (at(29), None),
        "month": (at(29), None),
    }
    assert coverage(session) == dropped
    assert answer(session, 30, at(31, 5)) == scan(rows, 30, at(31, 5))
    assert answer(session, 30, at(30, 5)) != scan(rows, 30, at(30, 5))
    assert answer(session, 30, at(31)) == scan(rows, 30, at(31))

    rebuild(session)
    assert coverage(session) == dict.fromkeys(["row", "hour", "day", "month"], (at(30, 12), None))


# Settings


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"deleted_rows": "forget"}, "keep or mirror"),
    ({"hours_kept_days": 1}, "p_hours_kept_days"),
    ({"hours_kept_days": 36501}, "p_hours_kept_days"),
    ({"quarters_kept_days": 1}, "p_quarters_kept_days"),
    ({"trailing_days": [7, 2]}, "p_trailing_days must be"),
    ({"trailing_days": [401]}, "p_trailing_days must be"),
    ({"trailing_days": [None]}, "p_trailing_days must be"),
    ({"time_zone": "Europe/Berln"}, "no time zone"),
    ({"time_zone": "UTC+3"}, "no time zone"),
    ({"time_zone": "Asia/Kolkata"}, "do not begin on UTC hours"),
    ({"time_zone": "Australia/Lord_Howe"}, "do not begin on UTC hours"),
    ({"excluded_actions": ["run", None]}, "an element is NULL"),
    ({"excluded_users": [None]}, "an element is NULL"),
    ({"trusted_addresses": [None]}, "an element is NULL"),
    ({"proxy_addresses": [None]}, "an element is NULL"),
    ({"published_days": 0}, "p_published_days must be"),
    ({"deleted_rows": "mirror"}, "an archive keeps what mirror would forget"),
]


def test_settings_that_cannot_be_are_refused(session: Session) -> None:
    before = one(session, "SELECT * FROM activity_sql.setting")
    for wanted, says in REFUSED:
        with pytest.raises(psycopg.errors.InvalidParameterValue) as raised:
            configure(session, archive=True, **wanted)
        assert says in str(raised.value)
        assert raised.value.diag.message_hint
        assert one(session, "SELECT * FROM activity_sql.setting") == before


def test_an_archive_and_mirror_refuse_each_other(session: Session) -> None:
    configure(session, deleted_rows="mirror")
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        configure(session, archive=True)
    configure(session, archive=True, deleted_rows="keep")
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        configure(session, deleted_rows="mirror")
    configure(session, archive=False, deleted_rows="mirror")


# Proof on demand

PLANTED = {
    "activity_hour": [
        "actions = actions + 1",
        "run_actions = run_actions + 1",
        "cell_actions[1] = cell_actions[1] + 1",
        "cell_address[1] = cell_address[1] + 1",
        "cell_first_seen[1] = cell_first_seen[1] - interval '1 second'",
        "cell_last_seen[1] = cell_first_seen[1] + interval '1 second'",
        "per_address_actions[1] = per_address_actions[1] + 1",
        "per_address_collections[1] = per_address_collections[1] # 1",
        "per_account = per_account || 99",
        "per_account_collections[1] = per_account_collections[1] # 1",
        "per_action_actions[1] = per_action_actions[1] + 1",
        "per_collection_actions[1] = per_collection_actions[1] + 1",
        "per_collection_last_seen[1] = per_collection_last_seen[1] + interval '1 second'",
        "middle_cell = middle_cell || 1, middle_seen = middle_seen || hour",
    ],
    "address_rollup": [
        "actions = actions + 1",
        "collections = collections # 1",
        "accounts = accounts || 99",
        "per_action_actions[1] = 7",
        "per_action_last_seen[1] = per_action_first_seen[1] - interval '1 second'",
    ],
    "account_rollup": [
        "actions = actions + 1",
        "addresses = addresses || 99",
        "last_seen = last_seen + interval '1 second'",
        "per_pair_actions[1] = 7",
    ],
    "login_rollup": ["logins = logins + 1", "addresses = addresses || 99"],
    "collection_action_rollup": [
        "actions = actions + 1",
        "first_seen = first_seen - interval '1 second'",
        "accounts = accounts || 99",
        "addresses = addresses || 99",
    ],
    "day_total": [
        "accounts = accounts + 1",
        "addresses = addresses + 1",
        "per_action_actions[1] = 7",
    ],
}
# What only trailing windows have.
PLANTED_TRAILING = {
    "account_rollup": ["per_action_actions[1] = 7", "active_days[1] = 1"],
    "login_rollup": ["days = days + 1"],
    "collection_action_rollup": [
        "collection_accounts = collection_accounts + 1",
        "collection_addresses = collection_addresses + 1",
    ],
}
BUCKETS = {"activity_hour": "hour", "day_total": "day"}


def contents(session: Session) -> dict[str, Any]:
    """A digest of each of our tables."""
    tables = session.execute(
        "SELECT oid::regclass::text AS name FROM pg_class "
        "WHERE relnamespace = 'activity_sql'::regnamespace AND relkind = 'r' "
        "AND relname <> 'batch'"
    ).fetchall()
    query = "SELECT sum(hashtextextended(item::text, 0)::numeric) AS digest FROM {} AS item"
    return {table["name"]: one(session, query.format(table["name"]))["digest"] for table in tables}


def first_of(table: str, order: str) -> str:
    """A condition that holds for that row only; the tables have no key of one column."""
    row = f"SELECT tableoid, ctid FROM activity_sql.{table} ORDER BY {order} LIMIT 1"
    return f"(tableoid, ctid) = ({row})"


def logins(rows: list[Activity]) -> list[Activity]:
    return [replace(row, action="login") if row.action == "create" else row for row in rows]


def test_check_finds_what_was_planted_and_changes_nothing(session: Session) -> None:
    rows = fold(session, logins(history()))
    session.execute("SELECT activity_sql.keep_trailing(%s)", [rows[-1].timestamp.date()])
    before = contents(session)
    assert len(before) > 15
    assert problems(session) == []
    for table, changes in PLANTED.items():
        order = BUCKETS.get(table, "bucket")
        for change in changes:
            for end in (order, f"{order} DESC"):
                session.execute("BEGIN")
                session.execute(
                    f"UPDATE activity_sql.{table} SET {change} WHERE {first_of(table, end)}"
                )
                planted = contents(session)
                assert planted != before
                assert table in {row["rollup"] for row in problems(session)}, (table, change)
                assert contents(session) == planted
                session.execute("ROLLBACK")
        for grain in () if table in BUCKETS else ("d", "p", "m", "t"):
            only = PLANTED_TRAILING.get(table, []) if grain == "t" else []
            for change in [changes[0], *only]:
                session.execute("BEGIN")
                session.execute(f"UPDATE activity_sql.{table} SET {change} WHERE grain = '{grain}'")
                assert table in {row["rollup"] for row in problems(session)}, (table, grain)
                session.execute("ROLLBACK")
        session.execute("BEGIN")
        session.execute(f"DELETE FROM activity_sql.{table} WHERE {first_of(table, order)}")
        assert contents(session) != before
        # An hour that is gone is first of all a difference to its rows.
        assert problems(session) or (table == "activity_hour" and differences(session))
        session.execute("ROLLBACK")
    assert contents(session) == before
    assert_healed(session, rows)


def test_what_check_finds_is_mended_by_a_rebuild_of_the_month(session: Session) -> None:
    rows = fold(session, logins(history()))
    for table, (change, *_) in PLANTED.items():
        session.execute(f"UPDATE activity_sql.{table} SET {change}")
    found = problems(session)
    assert {row["rollup"] for row in found} == set(PLANTED)
    months = {row["month"] for row in found}
    assert months == {date(2026, 1, 1), date(2026, 2, 1)}
    february, march = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
    rebuild(session, february, march)
    assert {row["month"] for row in problems(session)} == {date(2026, 1, 1)}
    rebuild(session, None, february)
    assert_healed(session, rows)


# Trailing windows

# Days before the last whole one, of {3,7}, and the windows that hold them, by their first days.
HOLDING = {
    -1: (),
    0: (1, 5),
    1: (1, 5),
    2: (5,),
    3: (4, 5),
    4: (4, 5),
    5: (5,),
    6: (),
    7: (12,),
    12: (12,),
    13: (),
}


@pytest.mark.parametrize("back", HOLDING)
def test_a_late_row_takes_the_windows_of_its_day_out_of_use(session: Session, back: int) -> None:
    rows = fold(session, history(400))
    last = rows[-1].timestamp.date() - timedelta(days=2)
    configure(session, trailing_days=[3, 7])
    session.execute("SELECT activity_sql.keep_trailing(%s)", [last])

    def kept() -> set[int]:
        mark = one(session, "SELECT trailing_from FROM activity_sql.watermark")
        return {(last - first).days for first in mark["trailing_from"]}

    def exact(rows: list[Activity]) -> bool:
        noon = datetime.combine(last, time(12), UTC) + timedelta(days=1)
        ends = [noon, noon - timedelta(days=3), noon - timedelta(days=7)]
        return all(
            answer(session, days, end) == scan(rows, days, end) for days in (3, 7) for end in ends
        )

    assert kept() == {1, 4, 5, 12}
    assert exact(rows)
    day = last - timedelta(days=back)
    late = [replace(rows[0], timestamp=datetime.combine(day, time(9), UTC), item="late")]
    add(session, late)
    assert exact([*rows, *late])
    refresh(session)
    assert kept() == {1, 4, 5, 12} - set(HOLDING[back])
    assert exact([*rows, *late])
    session.execute("SELECT activity_sql.keep_trailing(%s)", [last])
    assert kept() == {1, 4, 5, 12}
    assert exact([*rows, *late])
    # What is not counted any more is in no bucket either.
    remove(session, late, lambda _: True)
    session.execute("SELECT activity_sql.refold_month(%s)", [day.replace(day=1)])
    assert not set(HOLDING[back]) & kept()
    rebuild(session)
    assert exact(rows)


def test_a_day_whose_rows_are_gone_takes_its_windows_out_of_use(session: Session) -> None:
    """The first of a month, which is made again without a row of any day that they have."""
    rows = fold(session, history(400))
    last = date(2026, 2, 1)
    configure(session, trailing_days=[3], deleted_rows="mirror")
    session.execute("SELECT activity_sql.keep_trailing(%s)", [last])
    left = remove(session, rows, lambda row: row.timestamp.date() == last)
    assert reconcile(session)["refolded"] >= 24
    noon = datetime.combine(last, time(12), UTC) + timedelta(days=1)
    assert answer(session, 3, noon) == scan(left, 3, noon)
    mark = one(session, "SELECT trailing_to FROM activity_sql.watermark")
    assert last not in mark["trailing_to"]
    counted = session.execute("SELECT day FROM activity_sql.day_total").fetchall()
    assert {row["day"] for row in counted} == {row.timestamp.date() for row in left}


def test_the_first_fold_of_a_day_makes_its_windows(session: Session) -> None:
    rows = fold(session, history(400))
    now = datetime.now(UTC)
    today = now.date()

    def made() -> tuple[date, date]:
        mark = one(session, "SELECT trailing_to, trailing_made_on FROM activity_sql.watermark")
        return max(mark["trailing_to"]), mark["trailing_made_on"]

    def fold_rows_of(*ages: timedelta) -> None:
        for age in ages:
            late = replace(rows[0], timestamp=now - age, item=f"{len(rows)}")
            add(session, [late])
            rows.append(late)
        refresh(session)
        assert answer(session, 30, now + HOUR) == scan(rows, 30, now + HOUR)

    assert made() == (today - timedelta(days=1), today)
    session.execute("SELECT activity_sql.keep_trailing(%s)", [today - timedelta(days=2)])
    yesterday = today - timedelta(days=1)
    session.execute("UPDATE activity_sql.watermark SET trailing_made_on = %s", [yesterday])
    # Yesterday is not over while rows of it come.
    fold_rows_of(timedelta(days=1), timedelta())
    assert made() == (today - timedelta(days=2), yesterday)
    fold_rows_of(timedelta())
    assert made() == (yesterday, today)
    # Once a day.
    session.execute("SELECT activity_sql.keep_trailing(%s)", [today - timedelta(days=2)])
    fold_rows_of(timedelta())
    assert made() == (today - timedelta(days=2), today)


# Every night


def test_maintenance_reports_each_step(session: Session) -> None:
    rows = fold(session, history())
    more = history(10, first=FIRST + 80 * HOUR, name="more ")
    add(session, more)
    edited = edit(session, [*rows[:5]], [3], ip="203.0.113.1")
    remove(session, rows, lambda row: row.item == "100")
    configure(session, hours_kept_days=36500, archive=True)
    session.execute(
        """
        INSERT INTO activity_sql.auth_event ("timestamp", event)
        VALUES (now(), 'login_failed'), (now() - interval '36501 days', 'login_failed')
        """
    )
    reported = session.execute("SELECT * FROM maintain_activity_table()").fetchall()
    assert [row["task"] for row in reported[2:4]] == ["partitions", "analyze"]
    assert [(row["task"], row["detail"]) for row in [*reported[:2], *reported[4:]]] == [
        ("refresh", "10 rows folded, 0 in the tail"),
        ("reconcile", "1 hours folded again, 1 with deleted rows that go on counting"),
        ("job log", "0 old runs deleted"),
        ("logins", "1 old failures deleted"),
        ("hours", "0 old hours dropped"),
        ("quarters", "0 months made, 0 old rows dropped"),
        ("trailing", f"6 windows up to {datetime.now(UTC).date() - timedelta(days=1)}"),
        ("archive", "0 old months dropped"),
    ]
    assert re.fullmatch(r"\d made", reported[2]["detail"])
    assert re.fullmatch(r"\d tables", reported[3]["detail"])
    assert all(row["duration_ms"] > 0 for row in reported)
    assert on_hours(answers(session)) == on_hours(scans([*edited, *rows[5:], *more]))


def test_a_failing_step_does_not_stop_the_others(session: Session) -> None:
    rows = fold(session, [*history(), *recent(10)])
    configure(session, hours_kept_days=2)
    session.execute(
        """
        CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql
            AS 'BEGIN RAISE EXCEPTION ''planted''; END';
        CREATE TRIGGER planted BEFORE DELETE ON activity_sql.activity_hour
            FOR EACH ROW EXECUTE FUNCTION fail();
        """
    )
    more = history(10, first=FIRST + 80 * HOUR, name="more ")
    add(session, more)
    edited = edit(session, rows[:1], [0], user=UUID(int=9))
    with pytest.raises(psycopg.errors.RaiseException):
        reconcile(session)
    reported = session.execute("SELECT * FROM maintain_activity_table()").fetchall()
    assert {row["task"]: row["detail"].startswith("failed") for row in reported} == {
        "refresh": False,
        "reconcile": True,
        "partitions": False,
        "analyze": False,
        "job log": False,
        "logins": False,
        "hours": True,
        "quarters": False,
        "trailing": False,
        "archive": False,
    }
    assert reported[1]["detail"] == "failed: planted (SQLSTATE P0001)"
    assert on_hours(answers(session)) == on_hours(scans([*rows, *more]))

    session.execute("DROP TRIGGER planted ON activity_sql.activity_hour; DROP FUNCTION fail()")
    reported = session.execute("SELECT * FROM maintain_activity_table()").fetchall()
    assert not any(row["detail"].startswith("failed") for row in reported)
    assert on_hours(answers(session)) == on_hours(scans([*edited, *rows[1:], *more]))


# The archive


def edges(rows: list[Activity]) -> list[datetime]:
    """Moments all over the rows, most of them within an hour, some on a row."""
    first = min(row.timestamp for row in rows)
    return [
        *(row.timestamp + days * DAY for row in rows[::20] for days in (0, 1)),
        *(first + timedelta(minutes=49 * number, microseconds=1) for number in range(90)),
    ]


def assert_exact_anywhere(session: Session, rows: list[Activity]) -> None:
    assert answers(session) == scans(rows)
    for edge in edges(rows):
        assert answer(session, 1, edge) == scan(rows, 1, edge)


def test_with_the_archive_pruning_changes_no_answer(session: Session) -> None:
    assert configure(session, archive=True) == "in effect"
    rows = history(300, minutes=17)
    fold(session, rows[:200])
    fold(session, rows[200:])
    assert_exact_anywhere(session, rows)

    # Retention is half way: some rows of each hour, all of action run, a whole day.
    def pruned(row: Activity) -> bool:
        return int(row.item) % 3 == 0 or row.action == "run" or row.timestamp.day == 30

    left = remove(session, rows, pruned)
    assert_exact_anywhere(session, rows)
    forget_moments(session)
    assert_exact_anywhere(session, rows)
    assert coverage(session)["row"] == (hour_of(FIRST), None)
    assert reconcile(session).keys() == {"kept"}
    assert_exact_anywhere(session, rows)
    assert rebuild(session) == len(rows)
    assert_exact_anywhere(session, rows)
    assert rebuild(session, FIRST, FIRST + 20 * HOUR) > 0
    remove(session, left, lambda _: True)
    assert_exact_anywhere(session, rows)
    assert problems(session) == []
    assert status(session)["archive_bytes"] > 0
    drop_hours(session)
    assert_exact_anywhere(session, rows)
    assert coverage(session)["row"] == (FIRST.replace(hour=0, minute=0), None)


def test_an_archive_turned_on_late_begins_at_a_rebuild(session: Session) -> None:
    rows = history(200, minutes=17)
    fold(session, rows[:100])
    configure(session, archive=True)
    fold(session, rows[100:])
    count = "SELECT count(*) FROM activity_sql.activity_archive"
    assert one(session, count)["count"] == 100
    assert rebuild(session, None, rows[50].timestamp) > 50
    assert one(session, count)["count"] > 150
    assert rebuild(session) == 200
    assert one(session, count)["count"] == 200
    remove(session, rows, lambda _: True)
    assert_exact_anywhere(session, rows)


def test_edits_go_into_the_archive_at_reconcile(session: Session) -> None:
    configure(session, archive=True)
    rows = fold(session, history(200, minutes=17))
    rows = edit(session, rows, [7, 100, 101], ip="203.0.113.1", collection="moved")
    reconcile(session)
    assert_exact_anywhere(session, rows)
    remove(session, rows, lambda _: True)
    assert_exact_anywhere(session, rows)


def test_history_is_kept_in_the_archive_when_ids_begin_again(session: Session) -> None:
    configure(session, archive=True)
    rows = fold(session, history(100, minutes=17))
    for day in (4, 8):
        session.execute("TRUNCATE directus_activity RESTART IDENTITY CASCADE")
        session.execute("SELECT activity_sql.restart_ids()")
        rows += fold(session, history(50, first=FIRST + day * DAY))
        assert_exact_anywhere(session, rows)
        assert coverage(session)["row"] == (hour_of(FIRST), None)
    assert rebuild(session) == len(rows)
    assert_exact_anywhere(session, rows)


ODD = [
    PAST,
    datetime(2, 3, 4, 5, 6, tzinfo=UTC),
    datetime(1999, 12, 31, 23, 59, tzinfo=UTC),
    datetime(2100, 1, 1, tzinfo=UTC),
    datetime(9998, 7, 6, 5, 4, tzinfo=UTC),
    FUTURE,
]


def placed(session: Session, table: str, column: str) -> dict[str, list[datetime]]:
    """What each partition holds."""
    rows = session.execute(
        f'SELECT tableoid::regclass::text AS name, array_agg("{column}" ORDER BY "{column}") AS at '
        f"FROM activity_sql.{table} GROUP BY 1"
    )
    return {row["name"].removeprefix(f"activity_sql.{table}_"): row["at"] for row in rows}


def test_partitions_are_made_by_month(session: Session) -> None:
    configure(session, archive=True)
    rows = history(100)
    odd = [replace(rows[number], timestamp=moment) for number, moment in enumerate(ODD)]
    fold(session, [*rows, *odd])

    def expected(moments: list[datetime]) -> dict[str, list[datetime]]:
        def name(moment: datetime) -> str:
            if moment.year < 2000:
                return "before_2000"
            return "from_2100" if moment.year >= 2100 else f"{moment:%Y_%m}"

        found: dict[str, list[datetime]] = {}
        for moment in sorted(moments):
            found.setdefault(name(moment), []).append(moment)
        return found

    moments = [row.timestamp for row in [*rows, *odd]]
    assert placed(session, "activity_archive", "timestamp") == expected(moments)
    hours = sorted({hour_of(moment) for moment in moments})
    assert placed(session, "activity_hour", "hour") == expected(hours)
    assert status(session)["odd_hours"] == 6

    # Whatever their timestamps, rows that retention deletes go on counting.
    whole = [(36500, None), (1, datetime(1999, 12, 31, 23, 59, 30, tzinfo=UTC))]
    for _ in range(2):
        for window in whole:
            assert answer(session, *window) == scan([*rows, *odd], *window)
        session.execute("DELETE FROM directus_activity")
    assert problems(session) == []


def test_partitions_are_made_ahead_and_once(session: Session, database: Settings) -> None:
    query = "SELECT activity_sql.add_month_partitions(%s, %s::timestamptz[]) AS made"
    months = [datetime(2025, 3, 31, 23, 59, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC)]
    for table in ("activity_hour", "activity_archive"):
        # A reader, and a dump, are in nobody's way.
        with open_session(database) as reader:
            reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            reader.execute(f"SELECT count(*) FROM activity_sql.{table}")
            made = one(session, query, table, [*months, *months, *ODD])["made"]
            assert made >= 2
            assert one(session, query, table, months)["made"] == 0
            reader.execute("COMMIT")
        names = {f"{table}_2025_03", f"{table}_2025_04", f"{datetime.now(UTC):{table}_%Y_%m}"}
        partitions = session.execute(
            "SELECT inhrelid::regclass::text AS name FROM pg_inherits "
            "WHERE inhparent = %s::regclass",
            [f"activity_sql.{table}"],
        ).fetchall()
        found = {row["name"].removeprefix("activity_sql.") for row in partitions}
        assert names <= found
        assert len(found) == len(
            {*names, f"{table}_before_2000", f"{table}_from_2100"}
        ) + made - len(names)


def archived_months(session: Session) -> set[str]:
    found = session.execute(
        "SELECT right(relname, 7) AS month FROM pg_class "
        "WHERE relname ~ '^activity_archive_\\d{4}_\\d\\d$'"
    ).fetchall()
    return {row["month"] for row in found}


def test_old_months_of_the_archive_are_dropped_whole(session: Session, database: Settings) -> None:
    configure(session, archive=True)
    now = datetime.now(UTC)
    old = history(40, first=now - timedelta(days=200), name="old ")
    odd = [replace(old[0], timestamp=ODD[0], item="odd")]
    new = recent(40)
    rows = fold(session, [*odd, *old, *new])
    remove(session, rows, lambda row: row in [*odd, *old])
    assert answer(session, 1, old[20].timestamp) == scan(rows, 1, old[20].timestamp)

    before = archived_months(session)
    assert {f"{row.timestamp:%Y_%m}" for row in [*old, *new]} <= before
    configure(session, archive_kept_days=100)
    dropped = "SELECT activity_sql.drop_old_archive() AS months"
    # Who reads is not waited for, and waits for nobody.
    with open_session(database) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM activity_sql.activity_archive")
        assert one(session, dropped)["months"] == 0
        reader.execute("SET LOCAL lock_timeout = '1s'")
        assert one(reader, "SELECT count(*) AS n FROM activity_sql.activity_archive")["n"] == 80
        reader.execute("COMMIT")
    gone = {f"{row.timestamp:%Y_%m}" for row in old}
    assert one(session, dropped)["months"] == len(gone)
    assert archived_months(session) == before - gone
    assert one(session, dropped)["months"] == 0
    left = session.execute("SELECT item FROM activity_sql.activity_archive").fetchall()
    assert {row["item"] for row in left} == {row.item for row in new}

    # What cuts an hour that kept no moments is rounded, as without an archive.
    assert answer(session, 36500, None) == scan(rows, 36500, None)
    assert coverage(session)["row"][1] is None
    forget_moments(session)
    assert coverage(session)["row"][1] >= hour_of(old[-1].timestamp)
    assert problems(session) == []


def test_statistics_are_made_where_much_has_changed(session: Session) -> None:
    rows = history(3000, minutes=3)
    fold(session, rows)
    session.execute("SELECT pg_stat_force_next_flush()")
    analyzed = """
        SELECT relname AS name FROM pg_stat_user_tables
        WHERE last_analyze IS NOT NULL AND relname IN
            ('directus_activity', 'activity_hour', 'activity_archive', 'watermark')
    """
    assert session.execute(analyzed).fetchall() == []
    reported = session.execute("SELECT * FROM maintain_activity_table()").fetchall()
    assert not any(row["detail"].startswith("failed") for row in reported)
    session.execute("SELECT pg_stat_force_next_flush()")
    found = {row["name"] for row in session.execute(analyzed).fetchall()}
    assert found == {"directus_activity", "activity_hour", "activity_archive"}
    again = one(session, "SELECT activity_sql.analyze_tables() AS tables")["tables"]
    assert again == 2


def test_an_older_table_restored_beside_the_archive(session: Session) -> None:
    """The archive has the rows that the restored table lacks."""
    configure(session, archive=True)
    rows = fold(session, history(80))
    remove(session, rows, lambda row: int(row.item) >= 50)
    set_sequence(session, 50)
    refused(session)
    rebuild(session)
    refresh(session)
    assert_exact_anywhere(session, rows)


def test_reconcile_leaves_excluded_rows_in_the_archive(session: Session) -> None:
    configure(session, archive=True, excluded_users=[USERS[1]])
    rows = history(40, minutes=5)
    add(session, rows)
    refresh(session)
    remove(session, rows, lambda row: row.user == USERS[1])
    rows = edit(session, rows, [0, 9, 18, 27], ip="203.0.113.1")
    assert reconcile(session).keys() == {"refolded"}
    configure(session, excluded_users=[])
    assert rebuild(session) == len(rows)
    assert_exact_anywhere(session, rows)


def test_ids_that_began_again_unnoticed_leave_the_archive(session: Session) -> None:
    configure(session, archive=True)
    rows = fold(session, history(40))
    session.execute("TRUNCATE directus_activity RESTART IDENTITY CASCADE")
    later = history(60, first=FIRST + 4 * DAY, name="later ")
    add(session, later)
    assert refresh(session) == 20
    reconcile(session)
    assert answers(session) == scans([*rows, *later])
    rebuild(session)
    assert_exact_anywhere(session, [*rows, *later])
