"""`activity-sql uninstall` leaves a Directus as if activity-sql had never been there."""

import difflib

import psycopg
import pytest

from tests.directus.database import Database, create
from tests.directus.directus_server import set_up
from tests.directus.ledger import Ledger
from tests.support.catalog import dump
from tests.upgrades.queries import timestamp_indexes
from tests.upgrades.stage import Stage, work


@pytest.fixture
def without_it(bootstrapped: Database, copy: Stage) -> Database:
    """A Directus 10 that was upgraded alike and never had activity-sql."""
    database = create(copy.database.cluster, f"without {copy.version}", bootstrapped.name)
    directus = set_up(copy.version, database.environment, copy.directus.folder)
    directus.run("database", "migrate:latest")
    return database


def schema_changes(before: Database, after: Database) -> str:
    """How pg_dump says that one schema differs from another, as a diff."""
    dumps = [dump(each.cluster, each.conninfo).splitlines() for each in (before, after)]
    return "\n".join(difflib.unified_diff(*dumps, n=0, lineterm=""))


def test_directus_works_on(copy: Stage) -> None:
    indexes = timestamp_indexes(copy.database)
    copy.database.activity_sql("uninstall", "--yes", folder=copy.directus.folder)
    with copy.directus.started() as server:
        work(server, copy.version, Ledger())
    assert timestamp_indexes(copy.database) == indexes


def test_the_schema_is_as_if_it_had_never_been_there(copy: Stage, without_it: Database) -> None:
    database, folder = copy.database, copy.directus.folder
    with psycopg.connect(database.conninfo) as connection:
        connection.execute("DROP TABLE articles")
    assert "FUNCTION public.get_ip_activity_stats" in schema_changes(without_it, database)

    database.activity_sql("uninstall", "--yes", folder=folder)
    assert schema_changes(without_it, database) == ""
    database.activity_sql("migrate", folder=folder)
    database.activity_sql("uninstall", "--yes", folder=folder)
    assert schema_changes(without_it, database) == ""
