"""The settled watermark: no row is folded twice, none is passed over."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from activity_sql import cluster as clusters
from activity_sql.cluster import Cluster, Installation
from activity_sql.settings import Settings
from tests.faults.deploys import make_directus, on, private_cluster, run, until
from tests.support.directus import ROLE

Session = psycopg.Connection[dict[str, Any]]
Connect = Callable[[], Session]

# Whoever waits for a lock fails.
PATIENCE = "-c statement_timeout=30s -c lock_timeout=10s"
PREPARABLE = {"fsync": "off", "shared_buffers": "32MB", "max_prepared_transactions": "5"}
INSERT = """
    INSERT INTO directus_activity (action, ip, collection, item)
    SELECT 'update', '10.0.0.1', 'articles', number::text FROM generate_series(1, %s) AS number
"""


@dataclass(frozen=True)
class Folded:
    """What a refresh said: rows it folded, up to which id, visible rows above that."""

    rows: int
    settled_id: int | None
    lag_rows: int


def open_session(settings: Settings, **more: Any) -> Session:
    """Each statement a transaction, unless one is begun."""
    options = {"options": PATIENCE, "autocommit": True, "row_factory": dict_row} | more
    return psycopg.connect(settings.conninfo, **options)


@pytest.fixture
def connect(database: Settings) -> Iterator[Connect]:
    """Sessions of Directus's role on a deployed database."""
    run(database)
    with ExitStack() as stack:
        yield lambda: stack.enter_context(open_session(database))


@pytest.fixture(scope="module")
def preparing(installation: Installation) -> Iterator[Cluster]:
    """A cluster that allows prepared transactions, and may be restarted."""
    with private_cluster(installation, PREPARABLE) as cluster:
        yield cluster


@pytest.fixture
def elsewhere(preparing: Cluster, request: pytest.FixtureRequest) -> str:
    """A deployed database on `preparing`; its name."""
    name = f"test_{abs(hash(request.node.nodeid)):x}"
    run(make_directus(preparing, name))
    return name


def insert(session: Session, count: int = 1) -> None:
    session.execute(INSERT, [count])


def refresh(session: Session, max_rows: int = 500000) -> Folded:
    row = session.execute("SELECT * FROM refresh_activity_rollups(%s)", [max_rows]).fetchone()
    assert row is not None
    return Folded(row["folded_rows"], row["settled_id"], row["lag_rows"])


def answered(session: Session) -> int:
    """How many rows a reader counts."""
    return scalar(
        session,
        "SELECT coalesce(sum(total_actions), 0) FROM get_ip_activity_stats(36500, 1, NULL)",
    )


def counted(session: Session) -> int:
    """How many rows were folded, as the hours, the days and the months say."""
    row = session.execute(
        """
        SELECT
            (SELECT coalesce(sum(actions), 0) FROM activity_sql.activity_hour) AS hours,
            (
                SELECT coalesce(sum(actions), 0) FROM activity_sql.collection_action_rollup
                WHERE grain = 'd'
            ) AS days,
            (
                SELECT coalesce(sum(actions), 0) FROM activity_sql.collection_action_rollup
                WHERE grain = 'm'
            ) AS months
        """
    ).fetchone()
    assert row is not None
    assert row["hours"] == row["days"] == row["months"]
    return int(row["hours"])


def scalar(session: Session, sql: str, *arguments: object) -> int:
    row = session.execute(sql, arguments).fetchone()
    assert row is not None
    return int(next(iter(row.values())))


def prepare(settings: Settings, name: str, count: int = 1) -> None:
    """Rows in a prepared transaction, which belongs to no session."""
    with open_session(settings) as session:
        session.execute("BEGIN")
        insert(session, count)
        session.execute(f"PREPARE TRANSACTION '{name}'")


def is_lost(session: Session) -> bool:
    try:
        session.execute("SELECT 1")
    except psycopg.OperationalError:
        return True
    return False


def reach(settings: Settings) -> Session | None:
    try:
        return open_session(settings)
    except psycopg.OperationalError:
        return None


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_one_snapshot_for_all_statements_is_refused(connect: Connect, level: str) -> None:
    session = connect()
    insert(session)
    session.execute(f"BEGIN ISOLATION LEVEL {level}")
    with pytest.raises(psycopg.errors.InvalidTransactionState) as raised:
        refresh(session)
    assert raised.value.diag.sqlstate == "25000"
    assert level in str(raised.value)
    assert raised.value.diag.message_hint == "Call it in a transaction at READ COMMITTED."
    session.execute("ROLLBACK")
    assert refresh(session) == Folded(rows=1, settled_id=1, lag_rows=0)


def test_an_open_writer_holds_the_watermark(connect: Connect) -> None:
    writer, later, refresher = connect(), connect(), connect()
    insert(refresher, 2)
    assert refresh(refresher) == Folded(2, 2, 0)

    writer.execute("BEGIN")
    insert(writer, 3)
    insert(later, 4)
    for _ in range(3):
        assert refresh(refresher) == Folded(0, 2, 4)
        assert answered(refresher) == 6

    # Visible, and still in the tail.
    writer.execute("COMMIT")
    assert answered(refresher) == 9
    assert counted(refresher) == 2
    assert refresh(refresher) == Folded(7, 9, 0)
    for _ in range(2):
        assert answered(refresher) == counted(refresher) == 9
        assert refresh(refresher) == Folded(0, 9, 0)


def test_a_writer_that_rolls_back_leaves_a_gap(connect: Connect) -> None:
    writer, refresher = connect(), connect()
    writer.execute("BEGIN")
    insert(writer, 3)
    insert(refresher)
    assert refresh(refresher) == Folded(0, None, 1)
    writer.execute("ROLLBACK")
    assert refresh(refresher) == Folded(1, 4, 0)
    assert answered(refresher) == counted(refresher) == 1


def test_writers_that_overlap_for_ever_do_not_stop_the_fold(connect: Connect) -> None:
    writers, refresher = [connect(), connect()], connect()
    writers[0].execute("BEGIN")
    insert(writers[0])
    refresh(refresher)
    for turn in range(1, 7):
        opened, ended = writers[turn % 2], writers[(turn + 1) % 2]
        opened.execute("BEGIN")
        insert(opened)
        ended.execute("COMMIT")
        # The candidate is one writer behind: what the one before it wrote has settled.
        assert refresh(refresher) == Folded(1, turn, 0)
        assert answered(refresher) == counted(refresher) == turn
    opened.execute("COMMIT")
    assert refresh(refresher) == Folded(1, 7, 0)


def test_what_settled_is_folded_in_chunks_while_writers_go_on(connect: Connect) -> None:
    writer, refresher = connect(), connect()
    insert(refresher, 10)
    assert refresh(refresher, max_rows=4) == Folded(4, 4, 6)
    writer.execute("BEGIN")
    insert(writer, 5)
    assert refresh(refresher, max_rows=4) == Folded(4, 8, 2)
    assert refresh(refresher, max_rows=4).rows == 2
    assert refresh(refresher, max_rows=4) == Folded(0, 10, 0)
    writer.execute("COMMIT")
    assert refresh(refresher, max_rows=4) == Folded(4, 14, 1)
    assert refresh(refresher, max_rows=4) == Folded(1, 15, 0)
    assert answered(refresher) == counted(refresher) == 15


def test_a_prepared_transaction_holds_the_watermark(preparing: Cluster, elsewhere: str) -> None:
    settings = on(preparing, elsewhere)
    prepare(settings, "held", 3)
    with open_session(settings) as session:
        insert(session)
        for _ in range(3):
            assert refresh(session) == Folded(0, None, 1)
        session.execute("COMMIT PREPARED 'held'")
        assert answered(session) == 4
        assert refresh(session) == Folded(4, 4, 0)
        assert answered(session) == counted(session) == 4


def test_a_candidate_lapses_when_its_writer_is_prepared(preparing: Cluster, elsewhere: str) -> None:
    settings = on(preparing, elsewhere)
    with open_session(settings) as writer, open_session(settings) as session:
        writer.execute("BEGIN")
        insert(writer)
        insert(session)
        assert refresh(session) == Folded(0, None, 1)
        writer.execute("PREPARE TRANSACTION 'later'")
        insert(session)
        for _ in range(3):
            assert refresh(session) == Folded(0, None, 2)
        session.execute("COMMIT PREPARED 'later'")
        assert refresh(session) == Folded(3, 3, 0)
        assert answered(session) == counted(session) == 3


def test_a_restart_voids_a_candidate(
    preparing: Cluster, elsewhere: str, installation: Installation
) -> None:
    settings = on(preparing, elsewhere)
    prepare(settings, "restarted")
    with open_session(settings) as session:
        insert(session)
        assert refresh(session) == Folded(0, None, 1)
    assert clusters.stop(preparing.directory)
    again = clusters.start(preparing.directory, installation, settings=PREPARABLE)
    with open_session(on(again, elsewhere)) as session:
        # The prepared transaction is still there, under another virtual transaction.
        for _ in range(3):
            assert refresh(session) == Folded(0, None, 1)
        session.execute("COMMIT PREPARED 'restarted'")
        assert refresh(session) == Folded(2, 2, 0)
        assert answered(session) == counted(session) == 2


def test_a_crash_voids_a_candidate(preparing: Cluster, elsewhere: str) -> None:
    settings = on(preparing, elsewhere)
    prepare(settings, "crashed")
    with open_session(settings) as session, open_session(settings) as victim:
        insert(session)
        assert refresh(session) == Folded(0, None, 1)
        os.kill(victim.info.backend_pid, signal.SIGKILL)
        # The others are ended too, and the server recovers without starting anew.
        until(lambda: is_lost(session))
    with until(lambda: reach(settings)) as session:
        for _ in range(3):
            assert refresh(session) == Folded(0, None, 1)
        session.execute("COMMIT PREPARED 'crashed'")
        assert refresh(session).rows == 2
        assert answered(session) == counted(session) == 2


def test_a_sequence_that_caches_is_refused_until_it_is_mended(connect: Connect) -> None:
    session, other = connect(), connect()
    insert(session)
    session.execute("ALTER SEQUENCE directus_activity_id_seq CACHE 10")
    insert(session)
    insert(other)
    insert(session)
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState) as raised:
        refresh(session)
    assert "directus_activity_id_seq, of which each session keeps 10" in str(raised.value)
    mend, reconnect = (raised.value.diag.message_hint or "").split(";")
    assert reconnect == " then reconnect Directus."
    assert answered(session) == 4

    session.execute(mend)
    session.close()
    other.close()
    mended = connect()
    insert(mended)
    assert refresh(mended).rows == 5
    insert(mended)
    assert refresh(mended).rows == 1
    assert answered(mended) == counted(mended) == 6


def test_the_first_row_of_a_fresh_sequence_is_not_lost(connect: Connect) -> None:
    session = connect()
    assert scalar(session, "SELECT last_value FROM directus_activity_id_seq") == 1
    assert refresh(session) == Folded(0, 0, 0)
    insert(session)
    assert scalar(session, "SELECT max(id) FROM directus_activity") == 1
    assert refresh(session) == Folded(1, 1, 0)
    assert answered(session) == counted(session) == 1


def test_the_first_row_after_a_sequence_was_set_is_not_lost(connect: Connect) -> None:
    session = connect()
    insert(session, 2)
    session.execute("SELECT setval('directus_activity_id_seq', 100, false)")
    assert refresh(session) == Folded(2, 99, 0)
    insert(session)
    assert scalar(session, "SELECT max(id) FROM directus_activity") == 100
    assert refresh(session) == Folded(1, 100, 0)
    assert answered(session) == counted(session) == 3


def test_a_sequence_set_back_is_refused_until_it_is_mended(connect: Connect) -> None:
    session = connect()
    insert(session, 5)
    assert refresh(session) == Folded(5, 5, 0)
    session.execute("SELECT setval('directus_activity_id_seq', 3)")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState) as raised:
        refresh(session)
    assert "rows up to id 5 " in str(raised.value)
    hint = raised.value.diag.message_hint or ""
    mend = hint[hint.index("SELECT setval") : hint.index(". If the table")]
    session.execute(mend)
    insert(session)
    assert refresh(session) == Folded(1, 6, 0)
    assert answered(session) == counted(session) == 6


# What VACUUM holds, and what CREATE TRIGGER and a reader that locks rows do.
@pytest.mark.parametrize("mode", ["SHARE UPDATE EXCLUSIVE", "SHARE ROW EXCLUSIVE", "ROW SHARE"])
def test_a_lock_that_writes_no_rows_holds_nothing_up(connect: Connect, mode: str) -> None:
    locker, session = connect(), connect()
    insert(session)
    locker.execute("BEGIN")
    locker.execute(f"LOCK TABLE directus_activity IN {mode} MODE")
    assert refresh(session) == Folded(1, 1, 0)


def test_a_concurrent_index_build_holds_nothing_up(connect: Connect) -> None:
    session, reader, builder = connect(), connect(), connect()
    insert(session)
    # A build ends by waiting for the snapshots that are older than it.
    reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    reader.execute("SELECT count(*) FROM directus_users")
    builder.execute("SET lock_timeout = 0")
    build = threading.Thread(
        target=builder.execute,
        args=["CREATE INDEX CONCURRENTLY built ON directus_activity (item)"],
    )
    build.start()
    try:
        until(
            lambda: session.execute(
                "SELECT phase FROM pg_stat_progress_create_index WHERE phase LIKE '%old snapshots'"
            ).fetchone(),
            seconds=20,
        )
        assert refresh(session) == Folded(1, 1, 0)
        insert(session)
        assert refresh(session) == Folded(1, 2, 0)
        assert build.is_alive()
    finally:
        reader.execute("COMMIT")
        build.join()


def test_a_fold_changes_nothing_under_an_older_snapshot(connect: Connect) -> None:
    session, reader = connect(), connect()
    # Of a month that the fold makes a partition for.
    session.execute(
        """
        INSERT INTO directus_activity (action, "timestamp", ip, collection, item)
        SELECT 'update', now() - interval '3 months', '10.0.0.1', 'articles', '1'
        FROM generate_series(1, 12)
        """
    )
    of_the_day = """
        SELECT coalesce(sum(total_actions), 0)
        FROM get_ip_activity_stats(1, 1, NULL, now() - interval '3 months' + interval '1 hour')
    """
    reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    assert answered(reader) == 12
    assert refresh(session) == Folded(12, 12, 0)
    assert answered(reader) == scalar(reader, of_the_day) == 12
    assert counted(reader) == 0
    reader.execute("COMMIT")
    assert answered(reader) == scalar(reader, of_the_day) == counted(reader) == 12


def test_a_second_refresh_returns_at_once(connect: Connect) -> None:
    first, second = connect(), connect()
    insert(first, 3)
    first.execute("BEGIN")
    assert refresh(first) == Folded(3, 3, 0)
    second.execute("SET statement_timeout = '10s'")
    assert refresh(second) == Folded(0, None, 3)
    assert answered(second) == 3
    first.execute("COMMIT")
    assert refresh(second) == Folded(0, 3, 0)
    assert answered(second) == counted(second) == 3


def test_a_dump_holds_nothing_up(connect: Connect) -> None:
    session, dump = connect(), connect()
    tables = session.execute(
        "SELECT quote_ident(relname) AS name FROM pg_class "
        "WHERE relnamespace = 'activity_sql'::regnamespace AND relkind IN ('r', 'p')"
    ).fetchall()
    names = {row["name"] for row in tables}
    assert {"batch", "watermark", "activity_hour", "activity_archive"} <= names

    dump.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    for name in names:
        dump.execute(f"LOCK TABLE activity_sql.{name} IN ACCESS SHARE MODE")
    session.execute("SET statement_timeout = '10s'")
    session.execute("SET lock_timeout = 0")
    for round_of in range(1, 4):
        # Months that have no partition yet.
        session.execute(
            """
            INSERT INTO directus_activity (action, "timestamp", ip, collection, item)
            SELECT 'update', now() - make_interval(months => month), '10.0.0.1', 'articles', '1'
            FROM generate_series(1, 12) AS month
            """
        )
        assert refresh(session) == Folded(12, round_of * 12, 0)
        assert answered(session) == counted(session) == round_of * 12
    dump.execute("COMMIT")

    session.execute(
        """
        INSERT INTO directus_activity (action, "timestamp", ip, collection, item)
        SELECT action, "timestamp", ip, collection, item FROM directus_activity
        """
    )
    assert refresh(session) == Folded(36, 72, 0)
    assert answered(session) == counted(session) == 72


def test_writers_of_other_tables_and_databases_hold_nothing_up(
    cluster: Cluster, connect: Connect
) -> None:
    session, writer = connect(), connect()
    insert(session)
    writer.execute("BEGIN")
    writer.execute("INSERT INTO directus_users (id) VALUES (gen_random_uuid())")
    with psycopg.connect(cluster.conninfo(), autocommit=True) as superuser:
        superuser.execute(f"CREATE DATABASE copied TEMPLATE directus_template OWNER {ROLE}")
        try:
            with open_session(on(cluster, "copied")) as stranger:
                stranger.execute("BEGIN")
                insert(stranger)
                # Copied from the same template, so the table has the same number.
                number = "SELECT 'directus_activity'::regclass::oid"
                assert scalar(stranger, number) == scalar(session, number)
                assert refresh(session) == Folded(1, 1, 0)
        finally:
            superuser.execute("DROP DATABASE copied")


def test_a_refresh_beside_its_own_rows(connect: Connect) -> None:
    session = connect()
    session.execute("BEGIN")
    insert(session, 3)
    assert refresh(session) == Folded(3, 3, 0)
    assert answered(session) == counted(session) == 3
    session.execute("ROLLBACK")
    assert answered(session) == counted(session) == 0

    session.execute("BEGIN")
    insert(session, 2)
    assert refresh(session) == Folded(2, 5, 0)
    session.execute("COMMIT")
    assert refresh(session) == Folded(0, 5, 0)
    assert answered(session) == counted(session) == 2
