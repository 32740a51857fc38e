"""What a caller of v_activity_index_stats may rely on."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import dict_row

from activity_sql.db import connect
from activity_sql.deploy import deploy
from activity_sql.release import load_linted_release
from activity_sql.settings import Settings
from tests.support.views import Session, columns, content, depends_on, keyed

VIEW = "v_activity_index_stats"


def test_columns(activity: Session) -> None:
    assert columns(activity, VIEW) == [
        ("indexname", "text"),
        ("scans", "bigint"),
        ("usage_level", "text"),
        ("tuples_read", "bigint"),
        ("tuples_fetched", "bigint"),
        ("index_size", "bigint"),
    ]


def test_it_has_what_v_activity_performance_stats_has(activity: Session) -> None:
    activity.execute("SET LOCAL stats_fetch_consistency = 'snapshot'")
    measured = keyed(content(activity, "v_activity_performance_stats"), "indexname")
    shown = keyed(content(activity, VIEW), "indexname")
    assert shown.keys() == measured.keys() != set()
    for key, row in shown.items():
        one = measured[key]
        assert (row["scans"], row["tuples_read"], row["tuples_fetched"], row["index_size"]) == (
            one["idx_scan"],
            one["idx_tup_read"],
            one["idx_tup_fetch"],
            one["index_size"],
        )


@pytest.fixture
def session(database: Settings) -> Iterator[Session]:
    """In autocommit: what a transaction scans is counted at its end."""
    with connect(database) as connection:
        deploy(connection, load_linted_release(database), database)
    with psycopg.connect(database.conninfo, autocommit=True, row_factory=dict_row) as session:
        session.execute("SET enable_seqscan = off")
        yield session


def test_usage_level_is_cut_at_1_at_100_and_at_1000_scans(session: Session) -> None:
    session.execute("CREATE INDEX by_item ON directus_activity (item)")
    levels = []
    for scans in (0, 1, 98, 1, 899, 1):
        if scans:
            session.execute(
                "SELECT count(found.id) FROM generate_series(1, %s) AS n CROSS JOIN LATERAL ("
                "    SELECT id FROM directus_activity WHERE item = n::text OFFSET 0"
                ") AS found",
                [scans],
            )
            session.execute("SELECT pg_stat_force_next_flush()")
        shown = content_in_public(session)
        assert scans == 0 or shown[0]["indexname"] == "by_item"  # the most used first
        row = keyed(shown, "indexname")[("by_item",)]
        levels.append((row["scans"], row["usage_level"]))
    assert levels == [
        (0, "UNUSED"),
        (1, "LOW_USAGE"),
        (99, "LOW_USAGE"),
        (100, "MEDIUM_USAGE"),
        (999, "MEDIUM_USAGE"),
        (1000, "HIGH_USAGE"),
    ]


def content_in_public(session: Session) -> list[dict]:
    return session.execute(f"SELECT * FROM {VIEW}").fetchall()


def test_it_depends_on_nothing_of_directus(activity: Session) -> None:
    ours = {name for name in depends_on(activity, VIEW) if not name.startswith("pg_")}
    assert {name.split(".")[-1] for name in ours} == {"v_activity_performance_stats"}
