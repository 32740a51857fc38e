"""A real Directus on a private PostgreSQL, the activity made in it, and activity-sql deployed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from activity_sql.cluster import Cluster
from tests.directus import scenario
from tests.directus.database import Database, create
from tests.directus.directus_server import ADMIN_TOKEN, Server, set_up
from tests.directus.log_on_failure import pytest_runtest_makereport as pytest_runtest_makereport
from tests.directus.rest import Answer, Client
from tests.directus.scenario import Scene

DIRECTUS_VERSION = "12.4.0"


@pytest.fixture(scope="session")
def database(cluster: Cluster) -> Database:
    return create(cluster, "directus")


@pytest.fixture(scope="session")
def directus(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("directus")
    installed = set_up(DIRECTUS_VERSION, database.environment, folder)
    installed.run("bootstrap")
    with installed.started() as server:
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
    return database.activity_sql("migrate", folder=workdir)


@pytest.fixture(scope="session")
def workdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the command runs: no settings file lies there."""
    return tmp_path_factory.mktemp("activity-sql")
