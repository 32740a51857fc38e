"""What a caller of v_activity_slow_queries may rely on, with and without pg_stat_statements."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import dict_row

from activity_sql import cluster as clusters
from activity_sql.db import connect
from activity_sql.deploy import deploy
from activity_sql.release import load_linted_release
from activity_sql.settings import Settings
from tests.conftest import FAST
from tests.support.directus import ACTIVITY_TABLES, ROLE
from tests.support.views import Session, columns, content, depends_on

VIEW = "v_activity_slow_queries"
SLOW = "SELECT pg_sleep(0.11), count(*) FROM directus_activity"
SLOW_ELSEWHERE = "SELECT pg_sleep(0.11), count(*) FROM directus_users"
QUICK = "SELECT count(*) FROM directus_activity"
ODD = "s'%I\"x"


def test_columns(activity: Session) -> None:
    assert columns(activity, VIEW) == [
        ("query", "text"),
        ("calls", "bigint"),
        ("total_exec_time", "double precision"),
        ("mean_exec_time", "double precision"),
        ("max_exec_time", "double precision"),
    ]


def test_it_depends_on_nothing_of_directus(activity: Session) -> None:
    assert depends_on(activity, VIEW) == set()


def test_it_is_empty_without_the_extension(activity: Session) -> None:
    assert content(activity, VIEW) == []


def test_it_is_empty_where_the_server_did_not_load_the_library(
    database: Settings, superuser: psycopg.Connection
) -> None:
    with connect(database) as connection:
        deploy(connection, load_linted_release(database), database)
    superuser.execute("CREATE EXTENSION pg_stat_statements")
    with psycopg.connect(database.conninfo) as session:
        assert session.execute(f"SELECT * FROM {VIEW}").fetchall() == []
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
            session.execute("SELECT * FROM pg_stat_statements")


@pytest.fixture(scope="module")
def watched(installation: clusters.Installation) -> Iterator[clusters.Cluster]:
    """A server with the library, and a deployed database `directus` of the role of that name."""
    preload = {"shared_preload_libraries": "pg_stat_statements"}
    with clusters.temporary(installation, settings=FAST | preload) as running:
        with psycopg.connect(running.conninfo(), autocommit=True) as superuser:
            superuser.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{running.password}'")
            superuser.execute(f"CREATE ROLE colleague LOGIN PASSWORD '{running.password}'")
            superuser.execute(f"CREATE DATABASE directus OWNER {ROLE}")
            superuser.execute("CREATE DATABASE another")
        settings = Settings(conninfo=running.conninfo("directus", ROLE), source="the tests")
        with psycopg.connect(settings.conninfo) as connection:
            connection.execute(ACTIVITY_TABLES.read_bytes())
            connection.execute("GRANT SELECT ON directus_activity TO colleague")
        with connect(settings) as connection:
            deploy(connection, load_linted_release(settings), settings)
        yield running


@pytest.fixture
def admin(watched: clusters.Cluster) -> Iterator[psycopg.Connection]:
    with psycopg.connect(watched.conninfo("directus"), autocommit=True) as connection:
        yield connection
        connection.execute("DROP EXTENSION IF EXISTS pg_stat_statements")
        connection.execute(f"REVOKE pg_read_all_stats FROM {ROLE}")


@pytest.fixture
def session(watched: clusters.Cluster) -> Iterator[Session]:
    conninfo = watched.conninfo("directus", ROLE)
    with psycopg.connect(conninfo, autocommit=True, row_factory=dict_row) as connection:
        yield connection


def shown(session: Session, view: str = VIEW) -> list[str]:
    return [row["query"] for row in session.execute(f"SELECT * FROM {view}").fetchall()]


@pytest.mark.parametrize("schema", ["public", ODD])
def test_it_shows_slow_statements_on_the_table_wherever_the_extension_is(
    admin: psycopg.Connection, session: Session, schema: str
) -> None:
    quoted = '"' + schema.replace('"', '""') + '"'
    admin.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted}")
    admin.execute(f"GRANT USAGE ON SCHEMA {quoted} TO {ROLE}")
    admin.execute(f"CREATE EXTENSION pg_stat_statements SCHEMA {quoted}")
    admin.execute(f"SELECT {quoted}.pg_stat_statements_reset()")
    for statement in (SLOW, SLOW, SLOW_ELSEWHERE, QUICK):
        session.execute(statement)
    (row,) = session.execute(f"SELECT * FROM {VIEW}").fetchall()
    assert row["query"] == SLOW.replace("0.11", "$1")
    assert row["calls"] == 2
    assert row["max_exec_time"] >= row["mean_exec_time"] >= 100
    assert row["total_exec_time"] == pytest.approx(2 * row["mean_exec_time"])
    assert shown(session, "v_slow_activity_queries") == shown(session)


def test_the_slowest_come_first(admin: psycopg.Connection, session: Session) -> None:
    admin.execute("CREATE EXTENSION pg_stat_statements")
    admin.execute("SELECT pg_stat_statements_reset()")
    for column, seconds in {"ip": 0.11, "item": 0.3, "action": 0.2}.items():
        session.execute(f"SELECT pg_sleep({seconds}), count({column}) FROM directus_activity")
    for view in (VIEW, "v_slow_activity_queries"):
        assert shown(session, view) == [
            f"SELECT pg_sleep($1), count({column}) FROM directus_activity"
            for column in ("item", "action", "ip")
        ]


def test_it_is_empty_where_the_schema_of_the_extension_is_closed(
    admin: psycopg.Connection, session: Session
) -> None:
    admin.execute("CREATE SCHEMA IF NOT EXISTS closed")
    admin.execute("CREATE EXTENSION pg_stat_statements SCHEMA closed")
    session.execute(SLOW)
    assert shown(session) == []


def test_it_is_empty_where_the_extension_is_of_before_its_columns_were_renamed(
    admin: psycopg.Connection, session: Session
) -> None:
    admin.execute("CREATE EXTENSION pg_stat_statements VERSION '1.7'")
    session.execute(SLOW)
    assert shown(session) == []


def test_statements_of_others_take_pg_read_all_stats(
    watched: clusters.Cluster, admin: psycopg.Connection, session: Session
) -> None:
    admin.execute("CREATE EXTENSION pg_stat_statements")
    admin.execute("SELECT pg_stat_statements_reset()")
    with psycopg.connect(watched.conninfo("directus", "colleague")) as colleague:
        colleague.execute(SLOW + " WHERE id > 0")
    assert shown(session) == []
    session.execute(SLOW)
    assert len(shown(session)) == 1
    admin.execute(f"GRANT pg_read_all_stats TO {ROLE}")
    assert len(shown(session)) == 2


def test_it_shows_this_database_only(
    watched: clusters.Cluster, admin: psycopg.Connection, session: Session
) -> None:
    admin.execute("CREATE EXTENSION pg_stat_statements")
    admin.execute("SELECT pg_stat_statements_reset()")
    admin.execute(f"GRANT pg_read_all_stats TO {ROLE}")
    with psycopg.connect(watched.conninfo("another")) as connection:
        connection.execute("SELECT pg_sleep(0.11) AS directus_activity")
    assert shown(session) == []


def test_one_statement_of_two_roles_is_one_row(
    watched: clusters.Cluster, admin: psycopg.Connection, session: Session
) -> None:
    admin.execute("CREATE EXTENSION pg_stat_statements")
    admin.execute("SELECT pg_stat_statements_reset()")
    admin.execute(f"GRANT pg_read_all_stats TO {ROLE}")
    session.execute(SLOW)
    with psycopg.connect(watched.conninfo("directus", "colleague")) as colleague:
        colleague.execute(SLOW)
    (row,) = session.execute(f"SELECT * FROM {VIEW}").fetchall()
    assert row["calls"] == 2
