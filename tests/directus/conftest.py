"""A real Directus on a private PostgreSQL, the activity made in it, and activity-sql deployed."""

from collections.abc import Generator, Iterator
from pathlib import Path

import psycopg
import pytest

from activity_sql import cluster
from tests.directus import directus_server, scenario
from tests.directus.database import Database
from tests.directus.directus_server import ADMIN_TOKEN, Server
from tests.directus.rest import Answer, Client
from tests.directus.scenario import Scene

DIRECTUS_VERSION = "12.4.0"


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """An empty database of the ordinary role directus."""
    name = password = "directus"
    installation = cluster.find_installations()[0]
    settings = {"fsync": "off", "synchronous_commit": "off"}
    with cluster.temporary(installation, settings=settings) as running:
        with psycopg.connect(running.conninfo(), autocommit=True) as connection:
            connection.execute("CREATE ROLE directus LOGIN PASSWORD 'directus'")
            connection.execute("CREATE DATABASE directus OWNER directus")
        conninfo = running.conninfo(name, name, password)
        yield Database(cluster.HOST, running.port, name, name, password, conninfo)


@pytest.fixture(scope="session")
def directus(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("directus")
    with directus_server.running(DIRECTUS_VERSION, database.environment, folder) as server:
        yield server


@pytest.fixture(scope="session")
def scene(directus: Server) -> Scene:
    return scenario.play(Client(directus.url, ADMIN_TOKEN))


@pytest.fixture(scope="session")
def answer_without_function(scene: Scene) -> Answer:
    """What the endpoint says while there is activity, and activity-sql is not deployed yet."""
    return scene.admin.get("/activity-sql/ip-activity-stats")


@pytest.fixture(scope="session")
def deployment(database: Database, answer_without_function: Answer, workdir: Path) -> str:
    """The output of the first `activity-sql migrate`, run beside the activity of `scene`."""
    assert answer_without_function.status != 200, "the function stood before the deployment"
    migration = database.migrate(workdir)
    output = migration.stdout + migration.stderr
    assert migration.returncode == 0, output
    return output


@pytest.fixture(scope="session")
def workdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the command runs: no settings file lies there."""
    return tmp_path_factory.mktemp("activity-sql")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the end of Directus's log beside every failure."""
    report = yield
    server = getattr(item, "funcargs", {}).get("directus")
    if report.failed and server is not None:
        report.sections.append(("end of Directus's log", server.log_tail()))
    return report
