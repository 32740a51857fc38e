"""A Directus with activity-sql deployed, upgraded from 10 to 11 to 12: a stage a version.

Each stage works on a copy of the database of the one before, so every one of them can be looked
at as it was left.
"""

from pathlib import Path

import pytest

from activity_sql.cluster import Cluster
from tests.directus.database import Database, create
from tests.directus.directus_server import set_up
from tests.directus.log_on_failure import pytest_runtest_makereport as pytest_runtest_makereport
from tests.upgrades import stage
from tests.upgrades.stage import Stage


@pytest.fixture(scope="session")
def bootstrapped(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Database:
    """A Directus 10 as its `bootstrap` leaves it."""
    database = create(cluster, "bootstrapped")
    folder = tmp_path_factory.mktemp("bootstrapped")
    set_up("10.13.4", database.environment, folder).run("bootstrap")
    return database


@pytest.fixture(scope="session")
def ten(
    bootstrapped: Database, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Stage:
    database = create(cluster, "ten", template=bootstrapped.name)
    return stage.first("10.13.4", database, tmp_path_factory.mktemp("ten"))


@pytest.fixture(scope="session")
def eleven(ten: Stage, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    database = create(cluster, "eleven", template=ten.database.name)
    return stage.upgraded(ten, "11.17.4", database, tmp_path_factory.mktemp("eleven"))


@pytest.fixture(scope="session")
def twelve(eleven: Stage, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    database = create(cluster, "twelve", template=eleven.database.name)
    return stage.upgraded(eleven, "12.4.0", database, tmp_path_factory.mktemp("twelve"))


@pytest.fixture(scope="session", params=["ten", "eleven", "twelve"])
def any_stage(request: pytest.FixtureRequest) -> Stage:
    """Each stage, to be looked at only."""
    found: Stage = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["eleven", "twelve"])
def copy(request: pytest.FixtureRequest, cluster: Cluster, tmp_path: Path) -> Stage:
    """Each stage after an upgrade, on a database that the test may change."""
    original: Stage = request.getfixturevalue(request.param)
    database = create(cluster, request.node.name, template=original.database.name)
    return original.moved(database, tmp_path)
