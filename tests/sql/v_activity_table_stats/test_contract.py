"""What a caller of v_activity_table_stats may rely on."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.rows import dict_row

from activity_sql.db import connect
from activity_sql.deploy import deploy
from activity_sql.release import load_linted_release
from activity_sql.settings import Settings
from tests.support.directus import QUOTED_ODD_SCHEMA
from tests.support.views import Session, Visit, columns, content, depends_on, fold, insert_visits

VIEW = "v_activity_table_stats"
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def rows(count: int) -> list[Visit]:
    return [Visit(timestamp=FIRST + number * timedelta(minutes=1)) for number in range(count)]


def test_columns(activity: Session) -> None:
    assert columns(activity, VIEW) == [
        ("live_rows", "bigint"),
        ("dead_rows", "bigint"),
        ("table_bytes", "bigint"),
        ("index_bytes", "bigint"),
        ("last_vacuum", "timestamp with time zone"),
        ("last_analyze", "timestamp with time zone"),
        ("timestamp_correlation", "real"),
        ("rollup_lag_rows", "bigint"),
        ("oldest_row", "timestamp with time zone"),
    ]


def test_an_empty_table_has_a_row(activity: Session) -> None:
    (row,) = content(activity, VIEW)
    # The server's estimate: other tests' rows may still be in it.
    (stat,) = activity.execute(
        "SELECT n_live_tup FROM pg_stat_user_tables WHERE relid = %s::regclass",
        [f"{QUOTED_ODD_SCHEMA}.directus_activity"],
    ).fetchall()
    assert row["live_rows"] == stat["n_live_tup"]
    assert (row["rollup_lag_rows"], row["oldest_row"]) == (0, None)
    assert row["timestamp_correlation"] is None
    assert row["index_bytes"] > 0


def test_it_counts_the_rows_that_no_fold_has_seen(activity: Session) -> None:
    insert_visits(activity, rows(5))
    assert content(activity, VIEW)[0]["rollup_lag_rows"] == 5
    fold(activity)
    assert content(activity, VIEW)[0]["rollup_lag_rows"] == 0
    insert_visits(activity, rows(2))
    (row,) = content(activity, VIEW)
    assert (row["rollup_lag_rows"], row["oldest_row"]) == (2, FIRST)


@pytest.fixture
def session(database: Settings) -> Iterator[Session]:
    """In autocommit: VACUUM needs it."""
    with connect(database) as connection:
        deploy(connection, load_linted_release(database), database)
    with psycopg.connect(database.conninfo, autocommit=True, row_factory=dict_row) as session:
        yield session


def test_it_says_what_the_server_measured(session: Session) -> None:
    session.execute(
        'INSERT INTO directus_activity (action, collection, item, "timestamp") '
        "SELECT 'update', 'a', '1', '2026-01-01'::timestamptz + n * interval '1 minute' "
        "FROM generate_series(1, 1000) AS n"
    )
    session.execute("SELECT pg_stat_force_next_flush()")
    before = datetime.now(UTC)
    session.execute("VACUUM ANALYZE directus_activity")
    session.execute("DELETE FROM directus_activity WHERE id <= 10")
    session.execute("SELECT pg_stat_force_next_flush()")
    (row,) = session.execute(f"SELECT * FROM {VIEW}").fetchall()
    (size,) = session.execute(
        "SELECT pg_table_size('directus_activity') AS table_bytes, "
        "pg_indexes_size('directus_activity') AS index_bytes"
    ).fetchall()
    assert {name: row[name] for name in size} == size
    assert (row["live_rows"], row["dead_rows"]) == (990, 10)
    assert before <= row["last_vacuum"] <= row["last_analyze"] <= datetime.now(UTC)
    assert row["timestamp_correlation"] == 1


def test_it_depends_on_nothing_of_directus(activity: Session) -> None:
    assert depends_on(activity, VIEW) == set()
