"""rebuild_activity_indexes reports what is bloated, and what it says mends it."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import dict_row

from activity_sql.settings import Settings
from tests.faults.deploys import execute, run
from tests.support.contract import refuses, types_of
from tests.support.rows import call

FUNCTION = "rebuild_activity_indexes"
TIMESTAMPS = "public.directus_activity_timestamp_index"


def test_columns_and_types(activity: psycopg.Connection) -> None:
    assert types_of(activity, FUNCTION) == {
        "index_name": "text",
        "action": "text",
        "detail": "text",
    }


@pytest.mark.parametrize("percent", [-1, 101, None])
def test_wrong_percentages(activity: psycopg.Connection, percent: int | None) -> None:
    refuses(
        activity,
        FUNCTION,
        "p_min_bloat_percent must be between 0 and 100",
        "in percent",
        p_min_bloat_percent=percent,
    )


@pytest.fixture
def session(database: Settings) -> Iterator[psycopg.Connection]:
    run(database)
    execute(
        database,
        """
        INSERT INTO directus_activity (action, "timestamp", collection, item)
        SELECT 'update', now() - number * interval '1 minute', 'articles', '1'
        FROM generate_series(1, 50000) AS number
        """,
    )
    execute(database, "VACUUM ANALYZE directus_activity")
    with psycopg.connect(database.conninfo, autocommit=True, row_factory=dict_row) as connection:
        yield connection


def of(session: psycopg.Connection, name: str) -> dict[str, str]:
    return next(row for row in call(session, FUNCTION) if row["index_name"] == name)


def test_a_fresh_index_needs_nothing(session: psycopg.Connection) -> None:
    session.execute("REINDEX INDEX directus_activity_timestamp_index")
    for name in (TIMESTAMPS, "public.directus_activity_pkey"):
        assert of(session, name)["action"] == "none"


def test_a_bloated_one_is_named_and_its_statement_mends_it(session: psycopg.Connection) -> None:
    session.execute("DELETE FROM directus_activity WHERE id % 10 > 0")
    session.execute("VACUUM ANALYZE directus_activity")
    for name in (TIMESTAMPS, "public.directus_activity_pkey"):
        found = of(session, name)
        assert found["action"] == "reindex"
        assert int(found["detail"].split("%")[0]) > 70
        session.execute(found["detail"].split(": ")[1].encode())
        rest = [row for row in call(session, FUNCTION) if row["index_name"] == name]
        assert all(row["action"] == "none" for row in rest)
