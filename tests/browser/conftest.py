"""Directus 12 and 11 with the dashboards, and a browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from activity_sql.cluster import Cluster
from tests.browser import browser as browsers
from tests.browser.stage import Stage, running
from tests.directus.database import create
from tests.directus.log_on_failure import pytest_runtest_makereport as pytest_runtest_makereport


def _stage(
    version: str, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    database = create(cluster, f"browser {version}")
    with running(version, database, tmp_path_factory.mktemp("directus")) as stage:
        yield stage


@pytest.fixture(scope="session")
def twelve(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    yield from _stage("12.4.0", cluster, tmp_path_factory)


@pytest.fixture(scope="session")
def eleven(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    yield from _stage("11.17.4", cluster, tmp_path_factory)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with browsers.started() as browser:
        yield browser
