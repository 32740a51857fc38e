"""Directus's retention deletes old rows beside activity-sql."""

import time
from collections.abc import Callable

import psycopg

from tests.directus.ledger import Ledger
from tests.upgrades.queries import expected, statistics
from tests.upgrades.stage import OWN, OWN_ARTICLES, Stage

OLD = OWN["10.13.4"]
BATCH = 5
EVERY_OTHER_SECOND = {
    "RETENTION_ENABLED": "true",
    "RETENTION_SCHEDULE": "*/2 * * * * *",
    "RETENTION_BATCH": str(BATCH),
    "ACTIVITY_RETENTION": "90d",
}
SECONDS = 30


def test_the_function_answers_over_what_retention_leaves(copy: Stage) -> None:
    assert age(copy, OLD) == OWN_ARTICLES > 2 * BATCH
    assert OLD in statistics(copy.database)

    with copy.directus.started(EVERY_OTHER_SECOND) as server:
        wait_until(lambda: OLD not in statistics(copy.database))
    assert "ERROR" not in server.log.read_text()

    left = Ledger([entry for entry in copy.ledger.entries if entry.address != OLD])
    assert statistics(copy.database) == expected(left)
    copy.database.activity_sql("verify", folder=copy.directus.folder)


def age(stage: Stage, address: str) -> int:
    """Make the rows of `address` older than retention keeps any; their number."""
    with psycopg.connect(stage.database.conninfo) as connection:
        return connection.execute(
            'UPDATE directus_activity SET "timestamp" = "timestamp" - interval \'100 days\' '
            "WHERE ip = %s",
            [address],
        ).rowcount


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"not so within {SECONDS} s"
        time.sleep(0.2)
