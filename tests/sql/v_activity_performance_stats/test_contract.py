"""What a caller of v_activity_performance_stats may rely on."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import dict_row

from activity_sql.db import connect
from activity_sql.deploy import deploy
from activity_sql.release import load_linted_release
from activity_sql.settings import Settings
from tests.support.directus import ODD_SCHEMA, QUOTED_ODD_SCHEMA
from tests.support.views import Session, columns, content, depends_on, keyed

VIEW = "v_activity_performance_stats"


def test_columns(activity: Session) -> None:
    assert columns(activity, VIEW) == [
        ("schemaname", "text"),
        ("tablename", "text"),
        ("indexname", "text"),
        ("idx_scan", "bigint"),
        ("idx_tup_read", "bigint"),
        ("idx_tup_fetch", "bigint"),
        ("index_size", "bigint"),
    ]


def test_it_has_a_row_per_index_of_directus_activity(activity: Session) -> None:
    table = f"{QUOTED_ODD_SCHEMA}.directus_activity"
    activity.execute(f"CREATE INDEX one_more ON {table} (item, ip)".encode())
    shown = keyed(content(activity, VIEW), "indexname")
    assert set(shown) == {
        ("directus_activity_pkey",),
        ("directus_activity_timestamp_index",),
        ("one_more",),
    }
    for (name,), row in shown.items():
        assert (row["schemaname"], row["tablename"]) == (ODD_SCHEMA, "directus_activity")
        (size,) = activity.execute(
            "SELECT pg_relation_size(indexrelid) AS bytes FROM pg_catalog.pg_index "
            "WHERE indexrelid = %s::regclass",
            [f"{QUOTED_ODD_SCHEMA}.{name}"],
        ).fetchall()
        assert row["index_size"] == size["bytes"] > 0


@pytest.fixture
def session(database: Settings) -> Iterator[Session]:
    """In autocommit: what a transaction scans is counted at its end."""
    with connect(database) as connection:
        deploy(connection, load_linted_release(database), database)
    with psycopg.connect(database.conninfo, autocommit=True, row_factory=dict_row) as session:
        yield session


def test_it_counts_scans_entries_and_rows_the_most_used_first(session: Session) -> None:
    """A bitmap scan reads entries of the index, and fetches no row by it."""
    session.execute("CREATE INDEX by_item ON directus_activity (item)")
    session.execute(
        "INSERT INTO directus_activity (action, collection, item) "
        "SELECT 'update', 'a', n % 2 FROM generate_series(1, 10) AS n"
    )
    session.execute("SET enable_seqscan = off; SET enable_indexscan = off")
    for _ in range(3):
        session.execute("SELECT count(ip) FROM directus_activity WHERE item = '1'")
    session.execute("SET enable_indexscan = on; SET enable_bitmapscan = off")
    session.execute("SELECT count(ip) FROM directus_activity WHERE item = '0'")
    session.execute("SELECT pg_stat_force_next_flush()")
    shown = session.execute(f"SELECT * FROM {VIEW}").fetchall()
    assert [row["indexname"] for row in shown] == [
        "by_item",
        "directus_activity_pkey",
        "directus_activity_timestamp_index",
    ]
    counted = [(row["idx_scan"], row["idx_tup_read"], row["idx_tup_fetch"]) for row in shown]
    assert counted == [(4, 20, 5), (0, 0, 0), (0, 0, 0)]


def test_it_depends_on_nothing_of_directus(activity: Session) -> None:
    assert {name for name in depends_on(activity, VIEW) if not name.startswith("pg_")} == set()
